"use strict";
(() => {
  const form = document.getElementById("filter");
  const tip = document.getElementById("tip");
  const boxes = [...form.querySelectorAll("input")];
  const kinds = ["rule", "profile"];

  const filter = () => {
    const off = Object.fromEntries(
      kinds.map((kind) => [kind, new Set(boxes.filter((box) => box.name === kind && !box.checked).map((box) => box.value))]),
    );
    for (const each of document.querySelectorAll("[data-rule], [data-profile]")) {
      each.classList.toggle("off", kinds.some((kind) => off[kind].has(each.dataset[kind])));
    }
  };

  const hide = () => {
    tip.hidden = true;
    document.querySelector("circle.hot")?.classList.remove("hot");
  };

  const show = (text, box) => {
    tip.textContent = text;
    tip.hidden = false;
    const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
    const left = Math.max(8, Math.min(box.left + box.width / 2 - tip.offsetWidth / 2, room));
    const above = box.top - tip.offsetHeight - 10;
    tip.style.left = `${left}px`;
    tip.style.top = `${above > 4 ? above : box.bottom + 10}px`;
  };

  const point = (circle) => {
    hide();
    circle.classList.add("hot");
    show(`${circle.parentNode.dataset.name} · ${circle.dataset.said}`, circle.getBoundingClientRect());
  };

  const place = (circle) => [circle.cx.baseVal.value, circle.cy.baseVal.value];

  for (const chart of document.querySelectorAll("svg.chart")) {
    const points = () => [...chart.querySelectorAll(".line:not(.off) circle")];
    chart.addEventListener("pointermove", (event) => {
      const box = chart.getBoundingClientRect();
      const scale = chart.viewBox.baseVal.width / box.width;
      const at = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
      const far = (circle) => Math.hypot(...place(circle).map((value, axis) => value - at[axis]));
      const near = points().map((circle) => [far(circle), circle]).sort((a, b) => a[0] - b[0])[0];
      if (near && near[0] < 40) point(near[1]);
      else hide();
    });
    chart.addEventListener("pointerleave", hide);
    chart.addEventListener("blur", hide);
    chart.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const all = points();
      const now = all.findIndex((circle) => circle.classList.contains("hot"));
      if (all.length) point(all[(now + step + all.length + (now < 0 && step < 0 ? 1 : 0)) % all.length]);
    });
  }

  for (const each of document.querySelectorAll("[data-tip]")) {
    for (const start of ["pointerenter", "focus"]) {
      each.addEventListener(start, () => show(each.dataset.tip, each.getBoundingClientRect()));
    }
    for (const end of ["pointerleave", "blur"]) each.addEventListener(end, hide);
  }

  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  form.addEventListener("change", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();
})();
