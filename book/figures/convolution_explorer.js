// <convolution-explorer>: a window slides over an image that the reader can edit, and every
// product, sum and size is shown with the reader's own numbers.
"use strict";

(() => {
  const { Grid, Player, button, choices, element, format, icon, list, number, voice } =
    window.cnnFigures;
  const { IMAGES, KERNELS, convolve, misfit, read, resized, words } =
    window.cnnFigures.convolution;

  const ICONS = {
    play: "M7 4.5v15l12-7.5z",
    pause: "M6 5h4v14H6zM14 5h4v14h-4z",
    first: "M5 5h3v14H5zM19 5v14L9 12z",
    back: "M16 5v14L6 12z",
    next: "M8 5v14l10-7z",
    all: "M16 5h3v14h-3zM5 5v14l10-7z",
  };
  const OWN = "my own";
  // In pixels: between panels, where panels stack, a cell at most and least, an image at most.
  const [ROW_GAP, STACK_WIDTH, LARGEST, SMALLEST, TALLEST] = [40, 560, 40, 24, 460];

  class ConvolutionExplorer extends HTMLElement {
    connectedCallback() {
      if (this.state) return;
      this.state = this.opening();
      this.build();
      this.update();
      new ResizeObserver(() => this.fit()).observe(this);
    }

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

    // Change the state, tell nobody twice.
    change(values, { keep = false } = {}) {
      Object.assign(this.state, values);
      if (!keep) this.state.shown = null;
      this.update();
    }

    build() {
      this.player = new Player(() => this.step(1, true), () => this.drawPlaying());
      this.voice = voice();
      this.grids = this.makeGrids();
      this.replaceChildren(
        element("div", { class: "cf", role: "group", "aria-label": this.getAttribute("label") ??
          "Convolution explorer" },
        this.makeSettings(), this.makeStage(), this.makeSum(), this.makeTransport(),
        this.makeFormula(), this.makeText(), this.voice.node));
    }

    makeGrids() {
      const spaced = () => this.toggle();
      const editable = (name) => new Grid(name, {
        spaced,
        typed: (r, c, value) => this.edit(name, r, c, value),
        painted: (r, c, first) => this.paint(name, r, c, first),
        hovered: (place) => name === "image" && this.markReaders(place),
      });
      return {
        image: editable("image"),
        kernel: editable("kernel"),
        products: new Grid("products", { still: true }),
        output: new Grid("output", {
          spaced,
          moved: (r, c) => this.goTo(r, c),
          hovered: (place) => this.drawWindow(this.preview, place),
        }),
      };
    }

    makeSettings() {
      const option = (name) => (value) => this.change({ [name]: value, note: "" });
      this.controls = {
        image: this.makeSource("image", IMAGES, [3, 10]),
        kernel: this.makeSource("kernel", KERNELS, [1, 5]),
        stride: choices("stride", [1, 2, 3], (value) => this.setStride(value)),
        padding: choices("padding", ["valid", "same", "full", 0, 1, 2, 3, 4], (value) =>
          option("padding")(String(value))),
        dilation: choices("dilation", [1, 2, 3], option("dilation")),
      };
      this.flip = element("input", { type: "checkbox", role: "switch",
        change: () => this.change({ flip: this.flip.checked }) });
      this.note = element("p", { class: "cf-note" });
      const { image, kernel, stride, padding, dilation } = this.controls;
      const flip = element("label", { class: "cf-switch" }, this.flip, "flip the kernel");
      return element("div", { class: "cf-settings" }, image.node, kernel.node, stride.node,
        dilation.node, flip, padding.node, this.note);
    }

    // One source of numbers: its preset, rows and columns.
    makeSource(name, presets, range) {
      const choose = (preset) => {
        const { [name]: values } = this.state;
        const chosen = preset === OWN ? values
          : presets[preset](name === "kernel" ? Math.max(values.length, 2) : values.length,
            name === "kernel" ? Math.max(values[0].length, 2) : values[0].length);
        this.change({ [name]: chosen, preset: { ...this.state.preset, [name]: preset } });
      };
      const names = [...Object.keys(presets), OWN];
      const { node, select } = list(name, `${name} preset`, names, choose);
      const resize = (axis) => (size) => {
        const { [name]: values, preset } = this.state;
        const shape = [values.length, values[0].length].map((old, i) => (i === axis ? size : old));
        // A preset drawn for any size is drawn anew; a fixed or edited one is cut or extended.
        const drawn = presets[preset[name]]?.(...shape);
        const fresh = drawn?.length === shape[0] && drawn[0].length === shape[1];
        this.change({ [name]: fresh ? drawn : resized(values, ...shape),
          preset: { ...preset, [name]: fresh ? preset[name] : OWN } });
      };
      const rows = number(`${name} rows`, range, resize(0));
      const columns = number(`${name} columns`, range, resize(1));
      const size = element("span", { class: "cf-size" }, rows, "×", columns);
      return { node: element("div", { class: "cf-source" }, node, size), select, rows, columns };
    }

    makeStage() {
      this.window = element("div", { class: "cf-window", "aria-hidden": "true" });
      this.preview = element("div", { class: "cf-window cf-preview", "aria-hidden": "true" });
      this.titles = {};
      const panel = (name, extra = []) => {
        this.titles[name] = element("p", { class: "cf-title" });
        return element("div", { class: `cf-panel cf-panel-${name}` }, this.titles[name],
          element("div", { class: "cf-frame" }, this.grids[name].node, ...extra));
      };
      const sign = (text) =>
        element("span", { class: "cf-operator", "aria-hidden": "true" }, text);
      this.message = element("p", { class: "cf-message", role: "alert", hidden: true });
      this.stage = element("div", { class: "cf-stage" },
        panel("image", [this.window, this.preview]), sign("∗"),
        element("div", { class: "cf-middle" }, panel("kernel"), panel("products")), sign("="),
        panel("output", [this.message]));
      return this.stage;
    }

    makeSum() {
      this.sum = element("p", { class: "cf-sum" });
      return this.sum;
    }

    makeTransport() {
      this.playButton = element("button", { type: "button", class: "cf-button cf-play",
        click: () => this.toggle() });
      this.pen = number("pen value", [-9, 9], (pen) => this.change({ pen }, { keep: true }));
      const speed = element("input", { type: "range", min: 1, max: 10, value: 2,
        input: () => { this.player.speed = Number(speed.value); } });
      return element("div", { class: "cf-transport" },
        button("Start over, output empty", ICONS.first, () => this.startOver()),
        button("Step back", ICONS.back, () => this.step(-1)), this.playButton,
        button("Step", ICONS.next, () => this.step(1)),
        button("Fill in the whole output", ICONS.all, () => this.change({})),
        element("label", { class: "cf-speed" }, "speed", speed),
        element("label", { class: "cf-pen" }, "pen", this.pen),
        element("p", { class: "cf-hint" }, "Click a pixel or a weight to paint it with the pen, " +
          "or type a number there. Click an output cell to move the window; arrow keys move it " +
          "too, the space bar plays."));
    }

    makeFormula() {
      this.formula = element("div", { class: "cf-formula" });
      return this.formula;
    }

    makeText() {
      this.text = element("div", { class: "cf-text" });
      return element("details", { class: "cf-details" },
        element("summary", {}, "The output as text"), this.text);
    }

    // ---- what the reader does ----

    edit(name, row, column, value) {
      const values = this.state[name].map((line) => [...line]);
      values[row][column] = value;
      const preset = { ...this.state.preset, [name]: OWN };
      this.change({ [name]: values, preset }, { keep: true });
    }

    paint(name, row, column, first) {
      const { pen } = this.state;
      if (first) this.ink = this.state[name][row][column] === pen ? 0 : pen;
      this.edit(name, row, column, this.ink);
    }

    setStride(stride) {
      const impossible = stride > 1 && this.state.padding === "same";
      this.change({ stride, padding: impossible ? "valid" : this.state.padding, note: impossible
        ? "‘same’ is left: with a larger stride the output cannot keep the image’s size." : "" });
    }

    goTo(row, column) {
      const { columns } = this.result;
      this.state.shown?.add(row * columns.output + column);
      this.change({ place: [row, column] }, { keep: true });
    }

    startOver() {
      this.change({ place: [0, 0], shown: new Set([0]) }, { keep: true });
    }

    // Move to the next place in reading order; false at the end of a playing.
    step(by, stop = false) {
      const { rows, columns, fits } = this.result;
      if (!fits) return false;
      const total = rows.output * columns.output;
      const next = this.index() + by;
      if (stop && next >= total) return false;
      const place = (next + total) % total;
      this.goTo(Math.floor(place / columns.output), place % columns.output);
      return true;
    }

    index() {
      return this.state.place[0] * this.result.columns.output + this.state.place[1];
    }

    toggle() {
      if (this.player.playing) return this.player.pause();
      const { rows, columns, fits } = this.result;
      if (!fits) return undefined;
      const last = this.index() === rows.output * columns.output - 1;
      if (last || this.state.shown === null) this.startOver();
      return this.player.play();
    }

    // ---- what the reader sees ----

    update() {
      const { state } = this;
      this.result = convolve(state.image, state.kernel, state);
      const { rows, columns, fits } = this.result;
      state.place = state.place.map((at, i) =>
        Math.max(0, Math.min(at, [rows, columns][i].output - 1)));
      this.taps = fits ? this.result.taps(...state.place) : [];
      if (!fits && this.player.playing) this.player.pause();
      this.drawControls();
      this.drawImage();
      this.drawKernel();
      this.drawProducts();
      this.drawOutput();
      this.drawWords();
      this.drawPlaying();
      this.fit();
      if (!this.player.playing) this.voice.say(this.words.sentence);
    }

    drawControls() {
      const { state, controls } = this;
      for (const name of ["image", "kernel"]) {
        controls[name].select.value = state.preset[name];
        controls[name].rows.value = state[name].length;
        controls[name].columns.value = state[name][0].length;
      }
      controls.stride.show(state.stride);
      controls.dilation.show(state.dilation);
      controls.padding.show(state.padding, (mode) => mode !== "same" || state.stride === 1);
      this.flip.checked = state.flip;
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

    title(name, rows, columns, more = "") {
      const label = name[0].toUpperCase() + name.slice(1);
      this.titles[name].replaceChildren(
        element("strong", {}, label), ` ${rows} × ${columns}${more}`);
      if (name === "products") return; // the sum says them
      this.grids[name].node.setAttribute("aria-label",
        `${label}, ${rows} rows, ${columns} columns${more}`);
    }

    // Put a frame around the pixels that one output place reads.
    drawWindow(frame, place) {
      frame.hidden = place === null;
      if (place === null) return;
      const { rows, columns } = this.result;
      frame.style.setProperty("--cf-top", place[0] * this.state.stride);
      frame.style.setProperty("--cf-left", place[1] * this.state.stride);
      frame.style.setProperty("--cf-height", rows.reach);
      frame.style.setProperty("--cf-width", columns.reach);
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

    drawOutput() {
      const { rows, columns, fits, output } = this.result;
      const { shown, place } = this.state;
      const grid = this.grids.output;
      this.message.hidden = fits;
      grid.node.hidden = !fits;
      this.title("output", Math.max(rows.output, 0), Math.max(columns.output, 0));
      this.message.textContent = fits ? "" : misfit(this.result);
      if (!fits) return;
      grid.resize(rows.output, columns.output);
      const scale = Math.max(...output.flat().map(Math.abs));
      grid.each((cell, r, c) => {
        const known = shown === null || shown.has(r * columns.output + c);
        const here = r === place[0] && c === place[1];
        grid.write(r, c, known ? output[r][c] : null, scale);
        cell.classList.toggle("cf-here", here);
        cell.setAttribute("aria-selected", here);
      });
      grid.select(...place, grid.node.contains(document.activeElement));
    }

    // Ring the output places that read the pixel under the pointer.
    markReaders(place) {
      const { columns, fits } = this.result;
      if (!fits) return;
      this.grids.output.each((cell, r, c) => {
        const reads = place !== null && this.result.taps(r, c).some((tap) =>
          tap.row === place[0] && tap.column === place[1]);
        cell.classList.toggle("cf-reader", reads && columns.output > 0);
      });
    }

    drawWords() {
      this.words = words(this.result, this.state.place, this.taps);
      this.sum.hidden = !this.result.fits;
      this.sum.replaceChildren(...this.words.sum);
      this.formula.replaceChildren(...this.words.formula);
      this.text.replaceChildren(...this.words.text);
    }

    drawPlaying() {
      const name = this.player.playing ? "Pause" : "Play";
      if (this.playButton.textContent === name) return;
      this.playButton.replaceChildren(icon(ICONS[name.toLowerCase()]), name);
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
      const sizes = stacked
        ? [Math.min(cell(columns.padded, width - 4), tall),
          cell(2 * columns.size, width - ROW_GAP), cell(output, width - 4)]
        : Array(3).fill(cell(1, across));
      ["image", "kernel", "output"].forEach((name, i) =>
        this.style.setProperty(`--cf-${name}`, `${sizes[i]}px`));
      this.stage.classList.toggle("cf-stacked", stacked);
      this.stage.classList.toggle("cf-tiny", sizes[0] < 15);
      this.stage.classList.toggle("cf-roomy", sizes[0] >= 26 && rows.padded < 14);
    }
  }

  customElements.define("convolution-explorer", ConvolutionExplorer);
})();
