"""Looks into a model, tensors in, tensors out: hooks, covers, gradients, maxima."""

import torch
from torch.nn import functional as F


def feature_maps(model, images, layer):
    """Run a model in evaluation mode and keep what one of its layers makes.

    Parameters
    ----------
    model : Module
        Any network; left in the mode it was in.
    images : (N, C, H, W) tensor
        What it is given.
    layer : str
        The layer's name.

    Returns
    -------
    maps : (N, F, h, w) tensor
        As the layer made them, whatever later layers did to them.

    Examples
    --------
    >>> model = torch.nn.Sequential(torch.nn.Hardtanh(), torch.nn.Flatten())
    >>> feature_maps(model, torch.tensor([[[[0.5, 3.0]]]]), "0")
    tensor([[[[0.5000, 1.0000]]]])
    """
    caught = []
    part, was_training = model.get_submodule(layer), model.training
    hook = part.register_forward_hook(lambda part, given, out: caught.append(out.clone()))
    with torch.no_grad():
        model.eval()(images)
    hook.remove()
    model.train(was_training)
    return caught[0]


def occlusion_map(model, image, target, *, size, stride=1, fill=0.0):
    """Cover one square after another and record the probability of a class.

    Parameters
    ----------
    model : Module
        Turns (N, C, H, W) images into (N, classes) logits.
    image : (C, H, W) tensor
        One image.
    target : int
        The class.
    size : int
        Side of the square in pixels, odd.
    stride : int, default 1
        Pixels between two centres.
    fill : float, default 0
        What the square is painted with.

    Returns
    -------
    out : (ceil(H / stride), ceil(W / stride)) tensor
        Probability with the square centred on pixel (0, 0), (0, stride) and so on.

    Examples
    --------
    >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(2, 2, bias=False))
    >>> model[1].weight.data = torch.eye(2)
    >>> occlusion_map(model, torch.ones(1, 1, 2), 0, size=1)
    tensor([[0.2689, 0.7311]])
    """
    half = size // 2
    masks = square_masks(tuple(image.shape[1:]), before=half, after=half, stride=stride)
    return covered_logits(model, image, masks, fill=fill).softmax(-1)[..., target]


def square_masks(size, *, before, after, stride):
    """Mark what squares cover whose centres lie on a grid.

    Parameters
    ----------
    size : (int, int)
        Height and width of the image in pixels.
    before, after : int
        Pixels that a square reaches in front of its centre, and behind it.
    stride : int
        Pixels between two centres.

    Returns
    -------
    masks : (OH, OW, H, W) tensor of bool
        True where a pixel is covered.

    Examples
    --------
    >>> square_masks((1, 3), before=0, after=1, stride=2)[0, :, 0].tolist()
    [[True, True, False], [False, False, True]]
    """
    rows, columns = (_within(length, before, after, stride) for length in size)
    return rows[:, None, :, None] & columns[None, :, None, :]


def covered_logits(model, image, masks, *, fill):
    """Run a model on an image with each of many parts of it painted over.

    Parameters
    ----------
    model : Module
        Turns (N, C, H, W) images into (N, classes) logits.
    image : (C, H, W) tensor
        One image.
    masks : (OH, OW, H, W) or (OH, OW, C, H, W) tensor of bool
        What to paint over.
    fill : float
        With what.

    Returns
    -------
    logits : (OH, OW, classes) tensor
        One answer for each part.

    Examples
    --------
    >>> masks = square_masks((1, 2), before=0, after=0, stride=1)
    >>> covered_logits(torch.nn.Flatten(), torch.ones(1, 1, 2), masks, fill=0.5).tolist()
    [[[0.5, 1.0], [1.0, 0.5]]]
    """
    masks = masks[:, :, None] if masks.ndim == 4 else masks
    images = torch.where(masks, fill, image)  # (OH, OW, C, H, W)
    with torch.no_grad():
        return model(images.flatten(0, 1)).unflatten(0, masks.shape[:2])


def _within(length, before, after, stride):
    """Say for each centre which pixels along one axis are covered."""
    centres = torch.arange(0, length, stride)[:, None]
    pixels = torch.arange(length)
    return (pixels >= centres - before) & (pixels <= centres + after)


def input_gradient(model, images, targets):
    """Compute the gradient of each image's own logit with respect to the image.

    Parameters
    ----------
    model : Module
        Turns (N, C, H, W) images into (N, classes) logits.
    images : (N, C, H, W) tensor
        What it is given.
    targets : (N,) tensor of int64
        Class of each image.

    Returns
    -------
    gradient : (N, C, H, W) tensor
        With its sign.

    Examples
    --------
    >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(2, 1))
    >>> model[1].weight.data = torch.tensor([[3.0, -1.0]])
    >>> input_gradient(model, torch.zeros(1, 1, 1, 2), torch.tensor([0]))
    tensor([[[[ 3., -1.]]]])
    """
    images = images.detach().clone().requires_grad_()
    return torch.autograd.grad(_own_logits(model(images), targets).sum(), images)[0]


def saliency(model, images, targets):
    """Take the largest absolute gradient over the channels of each pixel.

    Parameters
    ----------
    model, images, targets
        As for `input_gradient`.

    Returns
    -------
    out : (N, H, W) tensor
        At least 0.

    Examples
    --------
    >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(2, 1))
    >>> model[1].weight.data = torch.tensor([[3.0, -1.0]])
    >>> saliency(model, torch.zeros(1, 1, 1, 2), torch.tensor([0]))
    tensor([[[3., 1.]]])
    """
    return torch.linalg.vector_norm(input_gradient(model, images, targets), torch.inf, dim=1)


def maps_with_gradient(model, images, targets, layer):
    """Catch what a layer makes, and the gradient of each image's own logit with respect to it.

    Parameters
    ----------
    model, images, targets
        As for `input_gradient`.
    layer : str
        The layer's name.

    Returns
    -------
    maps, gradient : (N, F, h, w) tensors
        What the layer made, and how the logit changes with it.

    Examples
    --------
    >>> model = torch.nn.Sequential(torch.nn.Hardtanh(), torch.nn.Flatten())
    >>> maps_with_gradient(model, torch.ones(1, 1, 1, 2), torch.tensor([1]), "0")[1]
    tensor([[[[0., 1.]]]])
    """
    caught = []

    def from_here(part, given, out):
        caught.append(out.detach().clone().requires_grad_())
        return caught[0].clone()

    hook = model.get_submodule(layer).register_forward_hook(from_here)
    logits = model(images)
    hook.remove()
    gradient = torch.autograd.grad(_own_logits(logits, targets).sum(), caught[0])[0]
    return caught[0].detach(), gradient


def grad_cam(model, images, targets, layer):
    """Add up a layer's maps, each times the mean of its gradient, and keep what is above 0.

    Parameters
    ----------
    model, images, targets, layer
        As for `maps_with_gradient`.

    Returns
    -------
    out : (N, h, w) tensor
        At least 0.

    Examples
    --------
    >>> model = torch.nn.Sequential(torch.nn.Hardtanh(), torch.nn.Flatten())
    >>> images = torch.tensor([[[[1.0, -0.5]]]])
    >>> grad_cam(model, images, torch.tensor([1]), "0")
    tensor([[[0.5000, 0.0000]]])
    """
    maps, gradient = maps_with_gradient(model, images, targets, layer)
    return torch.einsum("nfhw,nf->nhw", maps, gradient.mean((2, 3))).relu()


def maximally_activating(maps_of, images, channel, *, k, batch_size):
    """Find the images that excite a map most, and each one's strongest place.

    Parameters
    ----------
    maps_of : callable
        Turns at most `batch_size` images into their (N, F, h, w) maps.
    images : (N, C, H, W) tensor
        The set.
    channel : int
        Which map.
    k : int
        How many images to find; all of them if there are fewer.
    batch_size : int
        Images at a time.

    Returns
    -------
    indices, rows, columns : (min(k, N),) tensors of int64
        Where in the set, and where on the map; the strongest first.
    values : (min(k, N),) tensor
        How strong.

    Examples
    --------
    >>> images = torch.tensor([[[[1.0, 5.0]]], [[[7.0, 2.0]]], [[[3.0, 3.0]]]])
    >>> out = maximally_activating(torch.relu, images, 0, k=2, batch_size=2)
    >>> [one.tolist() for one in out]
    [[1, 0], [0, 0], [0, 1], [7.0, 5.0]]
    """
    maps = torch.cat([maps_of(batch)[:, channel] for batch in images.split(batch_size)])
    width = maps.shape[2]
    values, places = maps.flatten(1).max(1)
    order = values.argsort(descending=True, stable=True)[:k]
    return order, places[order] // width, places[order] % width, values[order]


def _own_logits(logits, targets):
    return (logits * F.one_hot(targets, logits.shape[1])).sum(1)
