"""What theory predicts of an experiment before it is run: its learning curve, and what will go wrong."""

from neurosim.prediction.forecast import Forecast, forecast
from neurosim.prediction.outlier import outlier_wanted
from neurosim.prediction.warnings import warnings

__all__ = ["Forecast", "forecast", "outlier_wanted", "warnings"]
