"""Other right ways to look into a network: without hooks, place by place, with backward()."""

import copy

import numpy as np
import torch
from torch import nn


def leaves(model):
    """List the layers of a chain that hold no others, by name."""
    return [(name, part) for name, part in model.named_modules() if not any(part.children())]


def maps_by_walking(model, images, layer):
    """Runs the layers of a copy one after the other, as far as the one asked about."""
    x = images.clone()
    with torch.no_grad():
        for name, part in leaves(copy.deepcopy(model).eval()):
            x = part(x)
            if name == layer:
                return x
    raise KeyError(layer)


def maps_by_stopping(model, images, layer):
    """Cuts the run short by an exception, and lets the hook carry the maps out."""

    class Enough(Exception):  # noqa: N818
        pass

    def stop(part, inputs, out):
        raise Enough(out)

    modes = [(part, part.training) for part in model.modules()]
    model.eval()
    handle = model.get_submodule(layer).register_forward_hook(stop)
    try:
        model(images)
    except Enough as found:
        return found.args[0].detach()
    finally:
        handle.remove()
        for part, training in modes:
            part.training = training


def maps_of_arrays(model, images, layer):
    """Returns a NumPy array."""
    return maps_by_walking(model, images, layer).numpy()


def occlusion_in_one_batch(model, image, target, *, size, stride=1, fill=0.0):
    """Paints all copies by comparing distances, and asks once."""
    _, H, W = image.shape
    down = (torch.arange(H)[None] - torch.arange(0, H, stride)[:, None]).abs() <= size // 2
    across = (torch.arange(W)[None] - torch.arange(0, W, stride)[:, None]).abs() <= size // 2
    mask = torch.einsum("ai,bj->abij", down.int(), across.int()).bool()
    copies = image.expand(*mask.shape[:2], *image.shape).masked_fill(mask[:, :, None], fill)
    answers = model(copies.flatten(0, 1))
    return torch.softmax(answers, dim=-1)[:, target].view(mask.shape[:2]).detach()


def occlusion_in_a_frame(model, image, target, *, size, stride=1, fill=0.0):
    """Puts the image in a frame, so that no square hangs over, and cuts the frame off again."""
    C, H, W = image.shape
    half = size // 2
    out = np.zeros((-(-H // stride), -(-W // stride)))
    for a, b in np.ndindex(out.shape):
        framed = torch.zeros(C, H + 2 * half, W + 2 * half, dtype=image.dtype)
        framed[:, half : half + H, half : half + W] = image
        i, j = a * stride, b * stride
        framed[:, i : i + size, j : j + size] = fill
        logits = model(framed[None, :, half : half + H, half : half + W])[0].detach()
        out[a, b] = float((logits[target] - logits.logsumexp(0)).exp())
    return out


def saliency_backwards(model, images, targets):
    """Lets backward() fill .grad of a copy, an image at a time."""
    out = []
    for image, target in zip(images, targets, strict=True):
        pixels = image[None].clone().requires_grad_()
        model(pixels)[0, target].backward()
        out.append(pixels.grad[0].abs().max(0).values)
    return torch.stack(out)


def saliency_in_place(model, images, targets):
    """Asks the images themselves for their gradient, and clears it before and after."""
    images.requires_grad_()
    images.grad = None
    model(images).gather(1, targets[:, None]).sum().backward()
    gradient, images.grad = images.grad, None
    images.requires_grad_(False)
    return torch.maximum(gradient.amax(1), -gradient.amin(1))


def cam_with_two_hooks(model, images, targets, layer):
    """Catches the maps on the way forward and their gradient on the way back."""
    kept = {}

    def forward(part, inputs, out):
        kept["maps"] = out.detach().clone()
        out.register_hook(lambda gradient: kept.update(gradient=gradient))

    handle = model.get_submodule(layer).register_forward_hook(forward)
    logits = model(images)
    handle.remove()
    one_hot = torch.zeros_like(logits).scatter_(1, targets[:, None], 1)
    (logits * one_hot).sum().backward()
    alpha = kept["gradient"].flatten(2).mean(2)
    return torch.clamp(torch.einsum("nf,nfhw->nhw", alpha, kept["maps"]), min=0)


def cam_by_walking(model, images, targets, layer):
    """Splits a chain at the layer, an image at a time, and differentiates the second half."""
    out = []
    for image, target in zip(images, targets.tolist(), strict=True):
        x, maps = image[None].clone(), None
        for name, part in leaves(model):
            x = nn.functional.relu(x) if isinstance(part, nn.ReLU) else part(x)
            if name == layer:
                maps = x = x.detach().requires_grad_()
        x[0, target].backward()
        total = sum(a * g.mean() for a, g in zip(maps[0], maps.grad[0], strict=True))
        out.append(torch.where(total > 0, total, 0).detach())
    return torch.stack(out)


def activating_by_sorting_tuples(maps_of, images, channel, *, k, batch_size):
    """Looks at every value in a loop, and sorts images by value and number."""
    best = []
    for start in range(0, len(images), batch_size):
        maps = maps_of(images[start : start + batch_size])[:, channel].numpy()
        for n, one in enumerate(maps):
            i, j = max(np.ndindex(one.shape), key=lambda place, one=one: one[place])
            best.append((-one[i, j], start + n, i, j))
    best = sorted(best)[:k]
    indices, rows, columns = (np.array([entry[a] for entry in best]) for a in (1, 2, 3))
    return indices, rows, columns, np.array([-entry[0] for entry in best])


def activating_row_by_row(maps_of, images, channel, *, k, batch_size):
    """Takes the maximum of each row first, then of the rows."""
    maps = torch.cat([maps_of(batch) for batch in torch.split(images, batch_size)])[:, channel]
    in_row, columns = maps.max(2)
    values, rows = in_row.max(1)
    order = np.argsort(-values.numpy(), kind="stable")[:k].copy()
    columns = columns[torch.arange(len(maps)), rows]
    return torch.from_numpy(order), rows[order], columns[order], values[order]


ALTERNATIVES = {
    "feature_maps": {
        "walking through the layers": maps_by_walking,
        "stopping the run": maps_by_stopping,
        "an array": maps_of_arrays,
    },
    "occlusion_map": {
        "one batch": occlusion_in_one_batch,
        "a frame around the image": occlusion_in_a_frame,
    },
    "saliency": {
        "backward() on a copy": saliency_backwards,
        "backward() on the images": saliency_in_place,
    },
    "grad_cam": {
        "a hook on the tensor": cam_with_two_hooks,
        "walking through the layers": cam_by_walking,
    },
    "maximally_activating": {
        "sorting tuples": activating_by_sorting_tuples,
        "rows first": activating_row_by_row,
    },
}
