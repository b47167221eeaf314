// The arithmetic of a two-dimensional convolution, as PyTorch defines it, and kernels to try it
// with. No drawing here.
"use strict";

window.cnnFigures.convolution = (() => {
  const { matrix, middle } = window.cnnFigures.images;

  const KERNELS = {
    identity: (rows, columns) =>
      matrix(rows, columns, (r, c) => Number(r === middle(rows) && c === middle(columns))),
    box: (rows, columns) => matrix(rows, columns, () => 1 / (rows * columns)),
    sharpen: () => [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "sobel-x": () => [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "sobel-y": () => [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    laplacian: () => [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    emboss: () => [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
    counting: (rows, columns) => matrix(rows, columns, (r, c) => r * columns + c + 1),
  };

  // Pixels added before and after one axis. 'same' puts the odd one after, as PyTorch does.
  function padding(mode, size, dilation) {
    const reach = dilation * (size - 1);
    if (mode === "full") return [reach, reach];
    if (mode === "same") return [Math.floor(reach / 2), Math.ceil(reach / 2)];
    const amount = mode === "valid" ? 0 : Number(mode);
    return [amount, amount];
  }

  function axis(length, size, { padding: mode, stride, dilation }) {
    const pad = padding(mode, size, dilation);
    const reach = dilation * (size - 1) + 1;
    const room = length + pad[0] + pad[1] - reach;
    return { length, size, pad, reach, padded: length + pad[0] + pad[1], stride, dilation,
      output: Math.floor(room / stride) + 1 };
  }

  const turned = (kernel) => kernel.map((row) => [...row].reverse()).reverse();

  // Everything the figure shows, from the image, the kernel and the options.
  function convolve(image, kernel, options) {
    const rows = axis(image.length, kernel.length, options);
    const columns = axis(image[0].length, kernel[0].length, options);
    const weights = options.flip ? turned(kernel) : kernel;
    const fits = rows.output > 0 && columns.output > 0;

    // The pixels under the window at one output place, in image coordinates: borders lie outside.
    const taps = (row, column) => weights.flatMap((line, i) => line.map((weight, j) => {
      const r = row * options.stride + i * options.dilation - rows.pad[0];
      const c = column * options.stride + j * options.dilation - columns.pad[0];
      const value = image[r]?.[c] ?? 0;
      return { row: r, column: c, value, weight, product: value * weight };
    }));
    const at = (row, column) => taps(row, column).reduce((sum, tap) => sum + tap.product, 0);
    const output = fits ? matrix(rows.output, columns.output, at) : [];
    return { rows, columns, fits, taps, output };
  }

  return { KERNELS, convolve };
})();
