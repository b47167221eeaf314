"""Mistakes about what the gradient is taken of: which number, of which class, of which image."""


def add_target_mistakes(exercise):
    """Register them for a function of a model, images, targets and maybe a layer."""

    @exercise.mistake(
        "the gradient of the probability is taken, not of the logit",
        hint="Where the model is sure, its probability hardly moves, and neither does this "
        "gradient. The score asked about is the number before the softmax.",
    )
    def _(right, model, images, targets, *layer):
        return right(_ending(model, lambda x: x.softmax(1)), images, targets, *layer)

    @exercise.mistake(
        "the gradient of the loss is taken, not of the logit",
        hint="Cross-entropy is what training differentiates; through its softmax it depends on "
        "every class. Here it is one class's logit.",
    )
    def _(right, model, images, targets, *layer):
        return right(_ending(model, lambda x: -x.log_softmax(1)), images, targets, *layer)

    @exercise.mistake(
        "the gradient of the mean loss is taken, not of the logit",
        hint="F.cross_entropy averages over the images and mixes in every class. Here it is "
        "each image's own logit.",
    )
    def _(right, model, images, targets, *layer):
        whole = _ending(model, lambda x: -x.log_softmax(1) / len(x))
        return right(whole, images, targets, *layer)

    @exercise.mistake(
        "the class asked about is the one that the model prefers",
        hint="Which class is given as targets, one for each image; it need not be the largest "
        "logit.",
    )
    def _(right, model, images, targets, *layer):
        return right(model, images, model(images).argmax(1), *layer)

    @exercise.mistake(
        "the logits of all classes are added up",
        hint="logits.sum() asks about every class at once. Pick each image's own class first.",
    )
    def _(right, model, images, targets, *layer):
        every = _ending(model, lambda x: x.sum(1, keepdim=True))
        return right(every, images, targets * 0, *layer)

    @exercise.mistake(
        "the classes of all images are asked about in every image",
        hint="logits[:, targets] has N columns for each image. Each image's own class is one "
        "number: which index picks rows and columns in pairs?",
    )
    def _(right, model, images, targets, *layer):
        every = _ending(model, lambda x: x[:, targets].sum(1, keepdim=True))
        return right(every, images, targets * 0, *layer)

    @exercise.mistake(
        "every image is asked about the first one's class",
        hint="There is a class for each image.",
    )
    def _(right, model, images, targets, *layer):
        return right(model, images, targets[:1].expand(len(images)), *layer)

    @exercise.mistake(
        "the logits are averaged over the images before the gradient is taken",
        hint="Divided by N, an image's map depends on how many others are in the batch. Add the "
        "logits up: an image does not move another's.",
    )
    def _(right, model, images, targets, *layer):
        return right(_ending(model, lambda x: x / len(x)), images, targets, *layer)


def _ending(model, change):
    """Put one more step behind a model, whose layers keep their names."""
    from collections import OrderedDict

    from torch import nn

    class Step(nn.Module):
        def forward(self, x):
            return change(x)

    return nn.Sequential(OrderedDict([*model.named_children(), ("last", Step())])).eval()
