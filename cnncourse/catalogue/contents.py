"""The table of contents: assignments, the modules that hold them, the exercises in order."""

CONTENTS = {
    "01_arrays": {},
    "02_filters": {
        "filters_1d": ["cross_correlate1d", "convolve1d"],
        "conv1d": ["conv1d"],
        "filters_2d": ["corr2d", "conv2d_true"],
        "kernels": ["make_kernel"],
        "separable": ["is_separable", "separable_conv2d"],
        "edges": ["edge_magnitude"],
    },
    "03_sizes": {},
    "04_convolution": {
        "padding": ["pad2d"],
        "conv2d_single": ["conv2d_single"],
        "conv2d": ["conv2d"],
        "conv_separable": ["conv1x1", "depthwise_separable_conv2d"],
        "conv_transpose": ["conv_transpose2d"],
        "conv3d": ["conv3d"],
    },
    "05_pooling": {
        "max_pool": ["max_pool2d_single", "max_pool2d"],
        "avg_pool": ["avg_pool2d"],
        "pool_to_size": ["global_avg_pool2d", "adaptive_avg_pool2d"],
        "pool_indices": ["max_pool2d_with_indices"],
        "max_unpool": ["max_unpool2d"],
    },
    "06_classifier": {},
    "07_backward": {},
    "08_fast": {},
    "09_regularise": {},
    "10_optimise": {},
    "11_augment": {},
    "15_numpy_lenet": {},
    "16_spot_the_bug": {},
}
