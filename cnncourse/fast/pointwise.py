"""Convolutions of one pixel: matrix products that need no copies."""

import numpy as np

from cnncourse.fast.workers import num_workers, run, spans


def multiply(matrix, x, b, out):
    """Fill `out[n]` with the product of a matrix and the pixels of image n.

    Parameters
    ----------
    matrix : (F, C) ndarray of float
        What maps a pixel's C channels to F.
    x : (N, C, H, W) ndarray of float
        Images; where they are not contiguous, a block of them is copied at a time.
    b : (F,) ndarray of float or None
        What is added to each of the F channels.
    out : (N, F, H, W) ndarray of float
        Filled; contiguous within an image or not.
    """
    (F, C), N = matrix.shape, len(x)

    def work(shared):
        for n0, n1 in shared:
            pixels = x[n0:n1].reshape(n1 - n0, C, -1)
            whole = out[n0:n1]
            if whole.flags.c_contiguous:
                np.matmul(matrix, pixels, out=whole.reshape(n1 - n0, F, -1))
            else:
                whole[...] = np.matmul(matrix, pixels).reshape(whole.shape)
            if b is not None:
                whole += b[:, None, None]

    run(work, spans(N, _share(N)))


def gradients(dout, x):
    """Sum over all pixels the products of the output's gradient with the input.

    Parameters
    ----------
    dout : (N, F, H, W) ndarray of float
        Gradient of the loss with respect to the outputs.
    x : (N, C, H, W) ndarray of float
        Images.

    Returns
    -------
    dw : (F, C, 1, 1) ndarray of float
        Gradient with respect to the filters.
    db : (F,) ndarray of float
        Gradient with respect to the biases.
    """
    (N, F), C = dout.shape[:2], x.shape[1]

    def work(shared):
        dw, db = np.zeros((F, C), x.dtype), np.zeros(F, x.dtype)
        for n0, n1 in shared:
            for image, gradient in zip(x[n0:n1], dout[n0:n1], strict=True):
                gradient = gradient.reshape(F, -1)
                dw += gradient @ image.reshape(C, -1).T
                db += gradient @ np.ones(gradient.shape[1], x.dtype)
        return dw, db

    dw, db = zip(*run(work, spans(N, _share(N))), strict=True)
    return sum(dw).reshape(F, C, 1, 1), sum(db)


def _share(count):
    """Cut the images into a few more blocks than there are workers, to even out the ends."""
    return max(1, count // (4 * num_workers()))
