// What figures share in which a window slides over an image: its places, playing, editing and
// frames. A figure extends the class with what it computes and draws.
"use strict";

(() => {
  const { Grid, Player, button, element, icon, list, number, voice } = window.cnnFigures;
  const { resized } = window.cnnFigures.images;

  const ICONS = {
    play: "M7 4.5v15l12-7.5z",
    pause: "M6 5h4v14H6zM14 5h4v14h-4z",
    first: "M5 5h3v14H5zM19 5v14L9 12z",
    back: "M16 5v14L6 12z",
    next: "M8 5v14l10-7z",
    all: "M16 5h3v14h-3zM5 5v14l10-7z",
  };
  const OWN = "my own";

  // A figure supplies `spoken` (its name), opening, compute, makeGrids, makeSettings, makeStage,
  // hint, draw and fit. Its state holds at least image, preset, place, shown and pen.
  class WindowExplorer extends HTMLElement {
    connectedCallback() {
      if (this.state) return;
      this.state = this.opening();
      this.build();
      this.update();
      new ResizeObserver(() => this.fit()).observe(this);
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
      this.titles = {};
      this.grids = this.makeGrids();
      this.window = this.makeFrame("cf-window");
      this.preview = this.makeFrame("cf-window cf-preview");
      this.message = element("p", { class: "cf-message", role: "alert", hidden: true });
      this.sum = element("p", { class: "cf-sum" });
      this.formula = element("div", { class: "cf-formula" });
      this.text = element("div", { class: "cf-text" });
      this.replaceChildren(
        element("div", { class: "cf", role: "group", "aria-label": this.getAttribute("label") ??
          this.spoken },
        this.makeSettings(), this.makeStage(), this.sum, this.makeTransport(), this.formula,
        element("details", { class: "cf-details" },
          element("summary", {}, "The output as text"), this.text),
        this.voice.node));
    }

    makeFrame(kind) {
      return element("div", { class: kind, "aria-hidden": "true" });
    }

    // A grid that the reader edits, with the pen or by typing.
    makeEditable(name) {
      return new Grid(name, {
        spaced: () => this.toggle(),
        typed: (r, c, value) => this.edit(name, r, c, value),
        painted: (r, c, first) => this.paint(name, r, c, first),
        hovered: (place) => name === "image" && this.markReaders(place),
      });
    }

    // A grid whose cells are the places of the window.
    makePlaces(name, typed) {
      return new Grid(name, {
        spaced: () => this.toggle(),
        typed,
        moved: (r, c) => this.goTo(r, c),
        hovered: (place) => this.drawWindow(this.preview, place),
      });
    }

    makeSwitch(label, changed) {
      const input = element("input", { type: "checkbox", role: "switch",
        change: () => changed(input.checked) });
      return { input, node: element("label", { class: "cf-switch" }, input, label) };
    }

    // One source of numbers: its preset, rows and columns. No preset is drawn below `least`.
    makeSource(name, presets, range, least = 1) {
      const choose = (preset) => {
        const { [name]: values } = this.state;
        const chosen = preset === OWN ? values
          : presets[preset](Math.max(values.length, least), Math.max(values[0].length, least));
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

    makePanel(name, ...extra) {
      this.titles[name] = element("p", { class: "cf-title" });
      return element("div", { class: `cf-panel cf-panel-${name}` }, this.titles[name],
        element("div", { class: "cf-frame" }, this.grids[name].node, ...extra));
    }

    makeSign(...text) {
      return element("span", { class: "cf-operator", "aria-hidden": "true" }, ...text);
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
        element("p", { class: "cf-hint" }, this.hint));
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
      this.result = this.compute();
      const { rows, columns, fits } = this.result;
      state.place = state.place.map((at, i) =>
        Math.max(0, Math.min(at, [rows, columns][i].output - 1)));
      this.taps = fits ? this.result.taps(...state.place) : [];
      if (!fits && this.player.playing) this.player.pause();
      this.draw();
      this.drawPlaying();
      this.fit();
      if (!this.player.playing) this.voice.say(this.words.sentence);
    }

    // Show in its settings where a source of numbers comes from.
    drawSource(name) {
      const { select, rows, columns } = this.controls[name];
      select.value = this.state.preset[name];
      rows.value = this.state[name].length;
      columns.value = this.state[name][0].length;
    }

    title(name, rows, columns, more = "") {
      const label = this.labels?.[name] ?? name[0].toUpperCase() + name.slice(1);
      this.titles[name].replaceChildren(
        element("strong", {}, label), ` ${rows} × ${columns}${more}`);
      if (this.grids[name].still) return; // the sum says them
      this.grids[name].node.setAttribute("aria-label",
        `${label}, ${rows} rows, ${columns} columns${more}`);
    }

    // Put a frame around the pixels that one output place reads.
    drawWindow(frame, place) {
      frame.hidden = place === null;
      if (place === null) return;
      const { rows, columns } = this.result;
      frame.style.setProperty("--cf-top", place[0] * rows.stride);
      frame.style.setProperty("--cf-left", place[1] * columns.stride);
      frame.style.setProperty("--cf-height", rows.reach);
      frame.style.setProperty("--cf-width", columns.reach);
    }

    // Fill a grid of the window's places, or say why there are none.
    drawPlaces(name, values, misfit, known = (r, c) => this.isShown(r, c)) {
      const { rows, columns, fits } = this.result;
      const grid = this.grids[name];
      this.message.hidden = fits;
      grid.node.hidden = !fits;
      this.title(name, Math.max(rows.output, 0), Math.max(columns.output, 0));
      this.message.textContent = fits ? "" : misfit;
      if (!fits) return;
      grid.resize(rows.output, columns.output);
      const scale = Math.max(...values.flat().map(Math.abs));
      grid.each((cell, r, c) => {
        const here = r === this.state.place[0] && c === this.state.place[1];
        grid.write(r, c, known(r, c) ? values[r][c] : null, scale);
        cell.classList.toggle("cf-here", here);
        cell.setAttribute("aria-selected", here);
      });
      grid.select(...this.state.place, grid.node.contains(document.activeElement));
    }

    isShown(row, column) {
      const { shown } = this.state;
      return shown === null || shown.has(row * this.result.columns.output + column);
    }

    // Ring the output places that read the pixel under the pointer.
    markReaders(place, name = "output") {
      const { columns, fits } = this.result;
      if (!fits) return;
      this.grids[name].each((cell, r, c) => {
        const reads = place !== null && this.result.taps(r, c).some((tap) =>
          tap.row === place[0] && tap.column === place[1]);
        cell.classList.toggle("cf-reader", reads && columns.output > 0);
      });
    }

    drawWords() {
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

    // Lay the panels out: cell sizes in pixels by kind, and the classes that follow from them.
    lay(sizes, classes) {
      for (const [kind, size] of Object.entries(sizes)) {
        this.style.setProperty(`--cf-${kind}`, `${size}px`);
      }
      for (const [name, on] of Object.entries(classes)) this.stage.classList.toggle(name, on);
    }
  }

  Object.assign(window.cnnFigures, { OWN, WindowExplorer });
})();
