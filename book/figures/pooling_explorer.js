// <pooling-explorer>: a window slides over an image that the reader can edit and keeps its largest
// or its mean value; a second view sends a gradient back the way it came.
"use strict";

(() => {
  const { Grid, OWN, WindowExplorer, choices, element, format, list, number } = window.cnnFigures;
  const { IMAGES, matrix, read, resized } = window.cnnFigures.images;
  const { misfit, pool, route, words } = window.cnnFigures.pooling;

  // Gradients of the output to begin with.
  const GRADIENTS = {
    ones: (rows, columns) => matrix(rows, columns, () => 1),
    counting: (rows, columns) => matrix(rows, columns, (r, c) => r * columns + c + 1),
  };
  const VIEWS = ["output", "gradient"];
  // In pixels: between panels, where panels stack, a cell at most and least, an image at most.
  const [ROW_GAP, STACK_WIDTH, LARGEST, SMALLEST, TALLEST] = [40, 560, 40, 22, 460];

  class PoolingExplorer extends WindowExplorer {
    spoken = "Pooling explorer";

    labels = { sent: "Output gradient", received: "Image gradient" };

    hint = "Click a pixel to paint it with the pen, or type a number there. Click an output " +
      "cell to move the window; arrow keys move it too, the space bar plays. In the gradient view, " +
      "type the output gradient.";

    // The example that the page asks for, by attributes.
    opening() {
      const wanted = (name, other) => this.getAttribute(name) ?? other;
      const image = wanted("image", "random");
      const size = wanted("size", "2").split("x").map(Number);
      const stride = wanted("stride", "size");
      return {
        image: read(image, IMAGES, [6, 6]) ?? IMAGES.random(6, 6),
        sent: [[1]], // grows to the output's size
        preset: { image: image in IMAGES ? image : OWN, sent: "ones" },
        operation: wanted("operation", "max"),
        size: size.length === 2 ? size : [size[0], size[0]],
        stride: stride === "size" ? stride : Number(stride),
        padding: Number(wanted("padding", 0)),
        ceil: this.hasAttribute("ceil"),
        countIncludePad: wanted("count_include_pad", "true") !== "false",
        view: wanted("view", "output"),
        place: wanted("position", "0,0").split(",").map(Number),
        shown: null, // the output places computed so far; null is all of them
        pen: 9,
        note: "",
      };
    }

    compute() {
      const { state } = this;
      const result = pool(state.image, state);
      if (!result.fits) return result;
      const shape = [result.rows.output, result.columns.output];
      const drawn = GRADIENTS[state.preset.sent]?.(...shape);
      state.sent = drawn ?? resized(state.sent, ...shape, 1);
      return result;
    }

    makeGrids() {
      return {
        image: this.makeEditable("image"),
        window: new Grid("window", { still: true }),
        output: this.makePlaces("output"),
        sent: this.makePlaces("sent", (r, c, value) => this.edit("sent", r, c, value)),
        received: new Grid("received", { spaced: () => this.toggle() }),
      };
    }

    makeSettings() {
      const option = (name) => (value) => this.change({ [name]: value, note: "" });
      const size = (axis) => (value) => this.setSize(axis, value);
      this.controls = {
        view: choices("show", VIEWS, option("view")),
        image: this.makeSource("image", IMAGES, [3, 10]),
        operation: choices("operation", ["max", "average"], option("operation")),
        rows: number("window rows", [1, 5], size(0)),
        columns: number("window columns", [1, 5], size(1)),
        stride: choices("stride", ["size", 1, 2, 3, 4], option("stride")),
        padding: choices("padding", [0, 1, 2], option("padding")),
        ceil: this.makeSwitch("ceil mode", option("ceil")),
        counting: this.makeSwitch("count the padding", option("countIncludePad")),
        sent: list("output gradient", "output gradient preset", [...Object.keys(GRADIENTS), OWN],
          (sent) => this.change({ preset: { ...this.state.preset, sent } })),
      };
      this.note = element("p", { class: "cf-note" });
      const { view, image, operation, rows, columns, stride, padding, ceil, counting, sent } =
        this.controls;
      const window = element("span", { class: "cf-size cf-list" }, element("span", {}, "window"),
        rows, "×", columns);
      return element("div", { class: "cf-settings" }, operation.node, view.node, image.node,
        window, stride.node, padding.node, ceil.node, counting.node, sent.node, this.note);
    }

    makeStage() {
      this.echo = this.makeFrame("cf-window");
      this.signs = [this.makeSign(), this.makeSign()];
      const window = this.makePanel("window");
      const received = this.makePanel("received", this.echo);
      const output = this.makePanel("output");
      const sent = this.makePanel("sent");
      this.panels = { output: [window, output], gradient: [received, sent] };
      this.stage = element("div", { class: "cf-stage" },
        this.makePanel("image", this.window, this.preview), this.signs[0],
        element("div", { class: "cf-middle" }, window, received), this.signs[1],
        element("div", { class: "cf-last" }, output, sent, this.message));
      return this.stage;
    }

    // A smaller window may leave less padding than there is.
    setSize(axis, value) {
      const size = this.state.size.map((old, i) => (i === axis ? value : old));
      const most = this.mostPadding(size);
      const note = this.state.padding > most
        ? `The padding is now ${most}: it may be half of the window at most.` : "";
      this.change({ size, padding: Math.min(this.state.padding, most), note });
    }

    mostPadding(size) {
      return Math.floor(Math.min(...size) / 2);
    }

    drawWindow(frame, place) {
      super.drawWindow(frame, place);
      if (frame === this.window) super.drawWindow(this.echo, place);
    }

    markReaders(place) {
      super.markReaders(place, this.state.view === "output" ? "output" : "sent");
    }

    // Say where playing has come to, once it stops.
    drawPlaying() {
      super.drawPlaying();
      if (!this.player.playing) this.voice.say(this.words.sentence);
    }

    draw() {
      const { result, state } = this;
      this.backwards = state.view === "gradient";
      this.gradients = this.sendBack();
      this.words = words(result, state.place, state.view, this.gradients);
      this.drawControls();
      this.drawImage();
      this.drawMiddle();
      if (this.backwards) this.drawPlaces("sent", state.sent, misfit(result), () => true);
      else this.drawPlaces("output", result.output, misfit(result));
      this.drawWords();
    }

    // The image's gradient, from the windows that have sent theirs.
    sendBack() {
      const counts = (r, c) => this.isShown(r, c);
      const received = route(this.result.windows, this.state.sent, counts);
      const at = (r, c) => (received.get(`${r},${c}`) ?? []).reduce((sum, part) => sum + part, 0);
      const image = matrix(this.result.rows.length, this.result.columns.length, at);
      const when = this.state.shown === null ? "In all" : "So far";
    return { gradient: this.state.sent, counts, received, image, at, when };
    }

    drawControls() {
      const { state, controls, backwards } = this;
      this.drawSource("image");
      controls.view.show(state.view);
      controls.operation.show(state.operation);
      [controls.rows.value, controls.columns.value] = state.size;
      controls.stride.show(state.stride);
      const most = this.mostPadding(state.size);
      controls.padding.show(state.padding, (amount) => Number(amount) <= most);
      controls.ceil.input.checked = state.ceil;
      controls.counting.input.checked = state.countIncludePad;
      controls.counting.node.hidden = state.operation === "max";
      controls.sent.select.value = state.preset.sent;
      controls.sent.node.hidden = !backwards;
      this.pen.value = state.pen;
      this.note.textContent = state.note ||
        (most < 2 ? "Padding may be half of the window at most, as in PyTorch." : "");
      VIEWS.forEach((view) => this.panels[view].forEach((panel) => {
        const empty = !this.result.fits && panel === this.panels[view][0];
        panel.hidden = view !== state.view || empty;
      }));
      this.signs[0].textContent = backwards || !this.result.fits ? "" : "→";
      this.signs[1].textContent = backwards ? "←" : "→";
    }

    // What stands in the border: minus infinity loses to every pixel, 0 adds nothing to a sum.
    border(row, column) {
      const { rows, columns } = this.result;
      const beyond = [[row, rows], [column, columns]].some(([at, axis]) =>
        at >= axis.length + axis.padding);
      if (beyond) return { beyond, value: null };
      if (this.state.operation === "max") return { beyond, value: -Infinity };
      return { beyond, value: this.state.countIncludePad ? 0 : null };
    }

    drawImage() {
      const { rows, columns } = this.result;
      const { image } = this.state;
      const scale = Math.max(1, ...image.flat().map(Math.abs));
      this.drawCells("image", (cell, r, c, border) => {
        this.grids.image.write(r, c, border ? border.value : image[r][c], scale);
        cell.classList.toggle("cf-bright", !border && image[r][c] / scale > 0.385);
      });
      const padded = rows.padding ? `, padded to ${rows.padded} × ${columns.padded}` : "";
      this.title("image", rows.length, columns.length, padded);
      this.drawWindow(this.window, this.result.fits ? this.state.place : null);
      this.drawWindow(this.preview, null);
    }

    // Fill a grid that has the image's shape and border, and mark what the window reads and keeps.
    drawCells(name, write) {
      const { rows, columns } = this.result;
      const grid = this.grids[name];
      grid.resize(rows.length, columns.length, { rows: rows.pad, columns: columns.pad });
      const under = new Map(this.taps.map((tap) => [`${tap.row},${tap.column}`, tap]));
      const max = this.state.operation === "max";
      grid.each((cell, r, c) => {
        const border = grid.cell(r, c).classList.contains("cf-border") ? this.border(r, c) : null;
        write(cell, r, c, border);
        const tap = under.get(`${r},${c}`);
        cell.classList.toggle("cf-beyond", Boolean(border?.beyond));
        cell.classList.toggle("cf-tap", Boolean(name === "image" ? tap?.counts : tap?.share));
        cell.classList.toggle("cf-winner", Boolean(max && tap?.share));
      });
    }

    drawMiddle() {
      if (!this.result.fits) return;
      if (this.backwards) this.drawReceived();
      else this.drawTaps();
    }

    // The numbers under the window, the winner marked.
    drawTaps() {
      const [height, width] = this.state.size;
      const grid = this.grids.window;
      grid.resize(height, width);
      const scale = Math.max(1, ...this.state.image.flat().map(Math.abs));
      grid.each((cell, r, c) => {
        const tap = this.taps[r * width + c];
        grid.write(r, c, tap.counts ? tap.value : null, scale);
        cell.classList.toggle("cf-bright", tap.kind === "pixel" && tap.value / scale > 0.385);
        cell.classList.toggle("cf-winner", this.state.operation === "max" && tap.share > 0);
        cell.classList.toggle("cf-border", tap.kind !== "pixel");
        cell.classList.toggle("cf-beyond", tap.kind === "beyond");
      });
      this.title("window", height, width);
    }

    // The gradient that every pixel has received; what falls on the padding is lost.
    drawReceived() {
      const { rows, columns } = this.result;
      const { image, at, received } = this.gradients;
      const [down, right] = this.state.place;
      const own = this.isShown(down, right) ? this.state.sent[down][right] : 0;
      const scale = Math.max(...image.flat().map(Math.abs));
      const shares = new Map(this.taps.map((tap) => [`${tap.row},${tap.column}`, tap.share]));
      this.drawCells("received", (cell, r, c, border) => {
        const lost = border && received.has(`${r},${c}`);
        this.grids.received.write(r, c, !border || lost ? at(r, c) : null, scale);
        const part = own * (shares.get(`${r},${c}`) ?? 0);
        if (part === 0) delete cell.dataset.weight;
        else cell.dataset.weight = `${part > 0 ? "+" : ""}${format(part)}`;
      });
      this.title("received", rows.length, columns.length);
    }

    // Choose the size of a cell: one row of panels where there is room, else panels stacked.
    fit() {
      const { rows, columns, fits } = this.result;
      const width = this.stage.clientWidth;
      if (!width) return;
      const output = Math.max(fits ? columns.output : 5, 3); // a title is wider than one cell
      const middle = this.backwards ? columns.drawn : Math.max(columns.size, 2);
      const across = (width - 2 * ROW_GAP - 6) / (columns.drawn + middle + output);
      const stacked = width < STACK_WIDTH || across < SMALLEST;
      const cell = (count, room) => Math.max(4, Math.min(LARGEST, Math.floor(room / count)));
      const tall = Math.max(14, Math.floor(TALLEST / rows.drawn));
      const [image, window, places] = stacked
        ? [Math.min(cell(columns.drawn, width - 4), tall),
          cell(middle + output, width - ROW_GAP), cell(output, width - 4)]
        : Array(3).fill(cell(1, across));
      const last = this.backwards ? places : Math.min(places, window);
      this.lay({ image, kernel: window, output: last },
        { "cf-stacked": stacked, "cf-tiny": image < 15, "cf-roomy": image >= 26,
          "cf-backwards": this.backwards });
    }
  }

  customElements.define("pooling-explorer", PoolingExplorer);
})();
