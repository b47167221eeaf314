// What every interactive figure of the book shares: elements, numbers as text, an editable grid
// that the keyboard can walk, groups of choices, a player and a voice for screen readers.
// A classic script, since browsers refuse modules on file:// pages.
"use strict";

window.cnnFigures = (() => {
  const MINUS = "\u2212";
  const SVG = "http://www.w3.org/2000/svg";
  let serial = 0;

  // Make an element; functions become listeners, false and null leave an attribute out.
  function element(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") node.addEventListener(name, value);
      else if (value === true) node.setAttribute(name, "");
      else if (value !== false && value !== null) node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  }

  function icon(path) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    const drawn = document.createElementNS(SVG, "path");
    drawn.setAttribute("d", path);
    svg.append(drawn);
    return svg;
  }

  // Write 1/9 as a fraction, 0.25 as a decimal, and a minus that is as wide as a plus.
  function format(value) {
    const size = Math.abs(value);
    const sign = value < 0 && size > 5e-4 ? MINUS : "";
    if (size === Infinity) return `${sign}∞`;
    if (Math.abs(size * 100 - Math.round(size * 100)) < 1e-6) {
      return sign + String(Math.round(size * 100) / 100);
    }
    for (let below = 3; below <= 25; below += 1) {
      const above = Math.round(size * below);
      if (Math.abs(size * below - above) < 1e-6) return `${sign}${above}/${below}`;
    }
    return sign + size.toFixed(2);
  }

  // Read "-2", "0.5" or "1/9"; anything else is NaN.
  function parse(text) {
    const match = /^(-?\d*\.?\d*)(?:\/(\d+))?$/.exec(text.replace(MINUS, "-"));
    if (!match || !/\d/.test(match[1])) return NaN;
    return Number(match[1]) / (match[2] === undefined ? 1 : Number(match[2]));
  }

  // A grid of numbers with one tab stop. Arrow keys move, digits type, space and clicks report.
  // A still grid repeats what words say elsewhere: it is drawn, and hidden from screen readers.
  class Grid {
    constructor(name, { moved, typed, painted, hovered, spaced, still = false } = {}) {
      Object.assign(this, { name, moved, typed, painted, hovered, spaced, still });
      Object.assign(this, { rows: 0, columns: 0, row: 0, column: 0, buffer: "" });
      const role = still ? { "aria-hidden": "true" } : { role: "grid" };
      this.node = element("div", { class: "cf-grid", "data-grid": name, ...role });
      if (still) return;
      this.node.addEventListener("keydown", (event) => this.pressed(event));
      this.node.addEventListener("pointerdown", (event) => this.pointed(event));
      this.node.addEventListener("pointerover", (event) => this.passed(event));
      this.node.addEventListener("pointerleave", () => this.hovered?.(null));
      this.node.addEventListener("click", (event) => this.clicked(event));
      this.node.addEventListener("focusin", (event) => this.entered(event));
    }

    // Build rows x columns cells inside a border of cells that cannot be reached.
    resize(rows, columns, border = { rows: [0, 0], columns: [0, 0] }) {
      const shape = JSON.stringify([rows, columns, border]);
      if (shape === this.shape) return;
      const focused = this.node.contains(document.activeElement);
      Object.assign(this, { shape, rows, columns });
      this.cells = new Map();
      const [above, below] = border.rows;
      const lines = Array.from({ length: above + rows + below }, (_, line) =>
        this.line(line - above, border.columns));
      this.node.replaceChildren(...lines);
      this.select(Math.min(this.row, rows - 1), Math.min(this.column, columns - 1), focused);
    }

    line(row, [left, right]) {
      const inside = !this.still && row >= 0 && row < this.rows;
      const line = element("div", inside
        ? { role: "row", class: "cf-row", "aria-rowindex": row + 1 }
        : { class: "cf-row", "aria-hidden": "true" });
      for (let column = -left; column < this.columns + right; column += 1) {
        const real = inside && column >= 0 && column < this.columns;
        const cell = element("div", real
          ? { role: "gridcell", class: "cf-cell", tabindex: -1, "aria-colindex": column + 1 }
          : { class: this.still ? "cf-cell" : "cf-cell cf-border", "aria-hidden": "true" });
        Object.assign(cell, { place: [row, column], real });
        this.cells.set(`${row},${column}`, cell);
        line.append(cell);
      }
      return line;
    }

    cell(row, column) {
      return this.cells.get(`${row},${column}`);
    }

    // Show a number; `scale` is the size that counts as full colour.
    write(row, column, value, scale = 1) {
      const cell = this.cell(row, column);
      const text = value === null ? "" : format(value);
      if (cell.textContent !== text) cell.textContent = text;
      cell.dataset.value = value === null ? "" : value;
      cell.dataset.sign = value === null ? "none" : value < 0 ? "negative" : "positive";
      cell.dataset.long = text.length > 5 ? 3 : text.length > 3 ? 2 : 1;
      cell.style.setProperty("--cf-level", value === null ? 0 : Math.abs(value) / (scale || 1));
      if (value === null && !this.still) cell.setAttribute("aria-label", "not computed yet");
      else cell.removeAttribute("aria-label");
    }

    each(visit) {
      for (const cell of this.cells.values()) visit(cell, ...cell.place);
    }

    select(row, column, focus = false) {
      if (this.still) return;
      this.cell(this.row, this.column)?.setAttribute("tabindex", -1);
      if (row !== this.row || column !== this.column) this.buffer = "";
      this.row = Math.max(row, 0);
      this.column = Math.max(column, 0);
      const cell = this.cell(this.row, this.column);
      cell?.setAttribute("tabindex", 0);
      if (focus) cell?.focus({ preventScroll: true });
    }

    goTo(row, column) {
      const [down, right] = [Math.min(row, this.rows - 1), Math.min(column, this.columns - 1)];
      this.select(Math.max(down, 0), Math.max(right, 0), true);
      this.moved?.(this.row, this.column);
    }

    pressed(event) {
      const { row, column, rows, columns } = this;
      const all = event.ctrlKey || event.metaKey;
      const target = {
        ArrowUp: [row - 1, column], ArrowDown: [row + 1, column],
        ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
        Home: [all ? 0 : row, 0], End: [all ? rows - 1 : row, columns - 1],
        Enter: [row + 1, column],
      }[event.key];
      if (event.altKey || (all && !/^(Home|End)$/.test(event.key))) return;
      if (target) this.goTo(...target);
      else if (event.key === " " && this.spaced) this.spaced();
      else if (!this.type(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
    }

    type(key) {
      if (!this.typed) return false;
      if (/^[\d./-]$/.test(key)) this.buffer += key;
      else if (key === "Backspace") this.buffer = this.buffer.slice(0, -1);
      else if (key === "Delete" || key === "Escape") this.buffer = "";
      else return false;
      const value = this.buffer === "" ? 0 : parse(this.buffer);
      const sound = Number.isFinite(value) && Math.abs(value) < 100;
      if (sound) this.typed(this.row, this.column, value);
      return true;
    }

    at(event) {
      const cell = event.target.closest?.(".cf-cell");
      return cell?.real ? cell.place : null;
    }

    // A mouse paints on pressing, so that it can drag; a finger on tapping, so that it can scroll.
    pointed(event) {
      const place = this.at(event);
      if (!place || event.button !== 0) return;
      this.mouse = event.pointerType !== "touch";
      this.select(...place, true);
      if (this.mouse) this.painted?.(...place, true);
    }

    passed(event) {
      const place = this.at(event);
      this.hovered?.(place);
      if (place && event.buttons === 1 && event.pointerType !== "touch") {
        this.painted?.(...place, false);
      }
    }

    clicked(event) {
      const place = this.at(event);
      if (!place) return;
      this.moved?.(...place);
      if (!this.mouse) this.painted?.(...place, true);
      this.mouse = false;
    }

    entered(event) {
      const place = this.at(event);
      if (place && (place[0] !== this.row || place[1] !== this.column)) this.select(...place);
    }
  }

  // A row of radio buttons that looks like one control.
  function choices(legend, values, changed) {
    const name = `cf-${(serial += 1)}`;
    const node = element("fieldset", { class: "cf-choices", "data-choices": legend },
      element("legend", {}, legend));
    const inputs = new Map(values.map((value) => {
      const input = element("input", { type: "radio", name, value, change: () => changed(value) });
      node.append(element("label", {}, input, element("span", {}, String(value))));
      return [String(value), input];
    }));
    return {
      node,
      show: (value, open = () => true) => inputs.forEach((input, key) => {
        input.checked = key === String(value);
        input.disabled = !open(key);
      }),
    };
  }

  function list(label, spoken, values, changed) {
    const select = element("select", { "aria-label": spoken, change: () => changed(select.value) },
      ...values.map((value) => element("option", { value }, value.replaceAll("-", " "))));
    const node = element("label", { class: "cf-list" }, element("span", {}, label), select);
    return { node, select };
  }

  function number(label, [min, max], changed) {
    const input = element("input", {
      type: "number", inputmode: "numeric", min, max, step: 1, "aria-label": label,
      change: () => {
        const value = Math.round(Number(input.value));
        changed(Math.min(Math.max(Number.isFinite(value) ? value : min, min), max));
      },
    });
    return input;
  }

  function button(label, path, clicked) {
    return element("button", { type: "button", class: "cf-button", title: label,
      "aria-label": label, click: clicked }, icon(path));
  }

  // Call `step` again and again until it returns false.
  class Player {
    constructor(step, changed) {
      Object.assign(this, { step, changed, speed: 2, timer: null });
    }

    get playing() {
      return this.timer !== null;
    }

    play() {
      this.timer = setTimeout(() => {
        if (this.step()) this.play();
        else this.pause();
      }, 1000 / this.speed);
      this.changed();
    }

    pause() {
      clearTimeout(this.timer);
      this.timer = null;
      this.changed();
    }
  }

  // A polite voice: it waits until the reader stops, so that held keys do not queue sentences.
  function voice() {
    const node = element("p", { class: "cf-spoken", role: "status" });
    let timer = null;
    return {
      node,
      say(sentence) {
        clearTimeout(timer);
        timer = setTimeout(() => { node.textContent = sentence; }, 250);
      },
    };
  }

  return {
    MINUS, element, icon, format, parse, Grid, Player, choices, list, number, button, voice,
  };
})();
