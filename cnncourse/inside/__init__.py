"""Looks inside a trained network: what it made of an image, and which pixels it went by.

Every function leaves the model as it was: its mode, its parameters, its gradients, its hooks.
"""

from cnncourse.inside.deconvolution import deconvolve
from cnncourse.inside.draw import show_filters, show_heat, tile
from cnncourse.inside.exciting import Excitation, maximally_activating
from cnncourse.inside.fields import Field, receptive_window
from cnncourse.inside.gradients import grad_cam, saliency
from cnncourse.inside.maps import feature_maps
from cnncourse.inside.occlusion import occlusion_map

__all__ = [
    "Excitation",
    "Field",
    "deconvolve",
    "feature_maps",
    "grad_cam",
    "maximally_activating",
    "occlusion_map",
    "receptive_window",
    "saliency",
    "show_filters",
    "show_heat",
    "tile",
]
