// <convolution-explorer>: a window slides over an image that the reader can edit, and every
// product, sum and size is shown with the reader's own numbers.
"use strict";

(() => {
  const { Grid, OWN, WindowExplorer, choices, element, format } = window.cnnFigures;
  const { IMAGES, read } = window.cnnFigures.images;
  const { KERNELS, convolve, misfit, words } = window.cnnFigures.convolution;

  // In pixels: between panels, where panels stack, a cell at most and least, an image at most.
  const [ROW_GAP, STACK_WIDTH, LARGEST, SMALLEST, TALLEST] = [40, 560, 40, 24, 460];

  class ConvolutionExplorer extends WindowExplorer {
    spoken = "Convolution explorer";

    hint = "Click a pixel or a weight to paint it with the pen, or type a number there. Click " +
      "an output cell to move the window; arrow keys move it too, the space bar plays.";

    // The example that the page asks for, by attributes.
    opening() {
      const wanted = (name, other) => this.getAttribute(name) ?? other;
      const image = wanted("image", "random");
      const kernel = wanted("kernel", "sobel-x");
      const padding = wanted("padding", "valid");
      return {
        image: read(image, IMAGES, [7, 7]) ?? IMAGES.random(7, 7),
        kernel: read(kernel, KERNELS, [3, 3]) ?? KERNELS["sobel-x"](),
        preset: { image: image in IMAGES ? image : OWN, kernel: kernel in KERNELS ? kernel : OWN },
        stride: Number(wanted("stride", 1)),
        padding,
        dilation: Number(wanted("dilation", 1)),
        flip: this.hasAttribute("flip"),
        place: wanted("position", "0,0").split(",").map(Number),
        shown: null, // the output places computed so far; null is all of them
        pen: 1,
        note: "",
      };
    }

    compute() {
      return convolve(this.state.image, this.state.kernel, this.state);
    }

    makeGrids() {
      return {
        image: this.makeEditable("image"),
        kernel: this.makeEditable("kernel"),
        products: new Grid("products", { still: true }),
        output: this.makePlaces("output"),
      };
    }

    makeSettings() {
      const option = (name) => (value) => this.change({ [name]: value, note: "" });
      this.controls = {
        image: this.makeSource("image", IMAGES, [3, 10]),
        kernel: this.makeSource("kernel", KERNELS, [1, 5], 2),
        stride: choices("stride", [1, 2, 3], (value) => this.setStride(value)),
        padding: choices("padding", ["valid", "same", "full", 0, 1, 2, 3, 4], (value) =>
          option("padding")(String(value))),
        dilation: choices("dilation", [1, 2, 3], option("dilation")),
        flip: this.makeSwitch("flip the kernel", (flip) => this.change({ flip })),
      };
      this.note = element("p", { class: "cf-note" });
      const { image, kernel, stride, padding, dilation, flip } = this.controls;
      return element("div", { class: "cf-settings" }, image.node, kernel.node, stride.node,
        dilation.node, flip.node, padding.node, this.note);
    }

    makeStage() {
      this.stage = element("div", { class: "cf-stage" },
        this.makePanel("image", this.window, this.preview), this.makeSign("∗"),
        element("div", { class: "cf-middle" }, this.makePanel("kernel"),
          this.makePanel("products")),
        this.makeSign("="), this.makePanel("output", this.message));
      return this.stage;
    }

    setStride(stride) {
      const impossible = stride > 1 && this.state.padding === "same";
      this.change({ stride, padding: impossible ? "valid" : this.state.padding, note: impossible
        ? "‘same’ is left: with a larger stride the output cannot keep the image’s size." : "" });
    }

    draw() {
      this.words = words(this.result, this.state.place, this.taps);
      this.drawControls();
      this.drawImage();
      this.drawKernel();
      this.drawProducts();
      this.drawPlaces("output", this.result.output, misfit(this.result));
      this.drawWords();
    }

    drawControls() {
      const { state, controls } = this;
      this.drawSource("image");
      this.drawSource("kernel");
      controls.stride.show(state.stride);
      controls.dilation.show(state.dilation);
      controls.padding.show(state.padding, (mode) => mode !== "same" || state.stride === 1);
      controls.flip.input.checked = state.flip;
      this.pen.value = state.pen;
      this.note.textContent = state.note ||
        (state.stride > 1 ? "‘same’ needs stride 1: PyTorch refuses it with a larger one." : "");
    }

    drawImage() {
      const { rows, columns } = this.result;
      const grid = this.grids.image;
      grid.resize(rows.length, columns.length, { rows: rows.pad, columns: columns.pad });
      const scale = Math.max(1, ...this.state.image.flat().map(Math.abs));
      const under = new Map(this.taps.map((tap) => [`${tap.row},${tap.column}`, tap.weight]));
      grid.each((cell, r, c) => {
        const value = this.state.image[r]?.[c] ?? 0;
        grid.write(r, c, value, scale);
        cell.classList.toggle("cf-bright", value / scale > 0.385);
        const weight = under.get(`${r},${c}`);
        cell.classList.toggle("cf-tap", weight !== undefined);
        if (weight === undefined) delete cell.dataset.weight;
        else cell.dataset.weight = `×${format(weight)}`;
      });
      const padded = rows.padded !== rows.length || columns.padded !== columns.length;
      this.title("image", rows.length, columns.length,
        padded ? `, padded to ${rows.padded} × ${columns.padded}` : "");
      this.drawWindow(this.window, this.result.fits ? this.state.place : null);
      this.drawWindow(this.preview, null);
    }

    drawKernel() {
      const { kernel, flip } = this.state;
      const scale = Math.max(...kernel.flat().map(Math.abs));
      this.grids.kernel.resize(kernel.length, kernel[0].length);
      this.grids.kernel.each((_, r, c) => this.grids.kernel.write(r, c, kernel[r][c], scale));
      this.title("kernel", kernel.length, kernel[0].length, flip ? ", turned round in use" : "");
    }

    drawProducts() {
      const { kernel } = this.state;
      const grid = this.grids.products;
      grid.resize(kernel.length, kernel[0].length);
      const scale = Math.max(...this.taps.map((tap) => Math.abs(tap.product)), 0);
      grid.each((_, r, c) => {
        const tap = this.taps[r * kernel[0].length + c];
        grid.write(r, c, tap ? tap.product : null, scale);
      });
      this.title("products", kernel.length, kernel[0].length);
    }

    // Choose the size of a cell: one row of panels where there is room, else panels stacked.
    fit() {
      const { rows, columns, fits } = this.result;
      const width = this.stage.clientWidth;
      if (!width) return;
      const output = fits ? columns.output : 5;
      const across = (width - 2 * ROW_GAP - 6) / (columns.padded + columns.size + output);
      const stacked = width < STACK_WIDTH || across < SMALLEST;
      const cell = (count, room) => Math.max(4, Math.min(LARGEST, Math.floor(room / count)));
      const tall = Math.max(14, Math.floor(TALLEST / rows.padded));
      const [image, kernel, places] = stacked
        ? [Math.min(cell(columns.padded, width - 4), tall),
          cell(2 * columns.size, width - ROW_GAP), cell(output, width - 4)]
        : Array(3).fill(cell(1, across));
      this.lay({ image, kernel, output: places }, { "cf-stacked": stacked, "cf-tiny": image < 15,
        "cf-roomy": image >= 26 && rows.padded < 14 });
    }
  }

  customElements.define("convolution-explorer", ConvolutionExplorer);
})();
