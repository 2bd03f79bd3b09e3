"""Writes the tables of grades, profiles and their keys into docs/profiles.md: python docs/update_profiles.py"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from neurosim import catalog, datasheet, schema
from neurosim.schema.values import wanted

PAGE = Path(__file__).parent / "profiles.md"
BEGIN = "<!-- tables: written by docs/update_profiles.py -->\n"


def tables() -> Iterator[str]:
    """Lines of what grades mean, of the profiles that there are, and of every key by section."""
    yield "## Grades\n"
    yield "| grade | meaning |\n|---|---|"
    yield from (f"| {grade} | {meaning} |" for grade, meaning in schema.GRADES.items())
    yield "\n## The profiles that come with neurosim\n"
    yield "| profile | what is modelled | figures by grade |\n|---|---|---|"
    for name in catalog.names("profile"):
        profile = catalog.profile(name)
        yield f"| `{name}` | {profile.summary} | {datasheet.grades(profile)} |"
    yield "\n## Every key"
    for name, section in schema.SCHEMA.items():
        title = "trace.NAME" if name == "trace" else name
        needed = {"always": "required", "if it learns": "required if the chip learns", "never": "optional"}
        yield f"\n### [{title}]: {section.about} ({needed[section.needed]})\n"
        yield "| key | value | unit | meaning |\n|---|---|---|---|"
        for key, field in section.fields.items():
            about = field.about if field.required else f"{field.about} *(optional)*"
            yield f"| `{key}` | {wanted(field)} | {field.unit} | {about} |"


def page() -> str:
    """The whole page, its tables as they should be."""
    text = PAGE.read_text(encoding="utf-8")
    return text[: text.index(BEGIN) + len(BEGIN)] + "\n" + "\n".join(tables()) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
