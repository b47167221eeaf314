// What the pooling explorer says: one window's result or where its gradient goes, the size formula
// and the text.
"use strict";

(() => {
  const { MINUS, element, equation, format, sizes, table } = window.cnnFigures;

  const total = (values) => values.reduce((sum, value) => sum + value, 0);
  const strong = (value) => element("strong", { class: "cf-total" }, format(value));
  const aside = (text) => element("span", { class: "cf-aside" }, text);
  const where = ({ row, column }) => `row ${row + 1}, column ${column + 1}`;
  const cells = (count) => (count === 1 ? "1 cell" : `${count} cells`);
  const counted = (taps, kind) =>
    taps.filter((tap) => tap.kind === kind && tap.counts).length;

  // Join the numbers under a window, those of pixels in ink and the rest muted.
  function terms(taps, sign, bracket = false) {
    return taps.filter((tap) => tap.counts).flatMap((tap, i) => [i ? sign : "", element("span",
      { class: tap.kind === "pixel" ? "cf-term" : "cf-term cf-zero" },
      bracket && tap.value < 0 ? `(${format(tap.value)})` : format(tap.value))]);
  }

  // What a divisor counts, where the answer is not simply every cell of the window.
  function remark({ taps }) {
    const [padding, beyond] = ["padding", "beyond"].map((kind) =>
      taps.filter((tap) => tap.kind === kind).length);
    const said = [];
    if (padding) {
      said.push(`${cells(padding)} of padding ${counted(taps, "padding") ? "" : "not "}counted`);
    }
    if (beyond) said.push(`${cells(beyond)} beyond the padding never counted`);
    return said.join("; ");
  }

  function first({ winner, equals }) {
    return `${equals > 1 ? `the first of ${equals} equal pixels wins` : "the winner stands"} at ` +
      where(winner);
  }

  function result(window) {
    const { taps, value, winner, sum, divisor } = window;
    if (winner) return ["max(", ...terms(taps, ", "), ") = ", strong(value), aside(first(window))];
    const decimal = value.toFixed(2).replace("-", MINUS);
    const quotient = format(value).includes("/") ? [` ≈ ${decimal}`] : [];
    return ["(", ...terms(taps, " + ", true), `) / ${divisor} = ${format(sum)} / ${divisor} = `,
      strong(value), ...quotient, aside(remark(window))];
  }

  // The gradient of one window: where it goes, and what is there by now.
  function routed({ winner, taps, divisor }, gradient, received) {
    if (winner) {
      const parts = received.get(`${winner.row},${winner.column}`) ?? [0];
      const sum = parts.map((part, i) => (i ? ` + ${format(part)}` : format(part))).join("");
      const winning = `the winner at ${where(winner)}`;
      return [`${format(gradient)} goes whole to ${winning}, which has received `,
        element("span", {}, parts.length > 1 ? `${sum} = ` : ""), strong(total(parts)), "."];
    }
    const lost = counted(taps, "padding");
    return [`${format(gradient)} / ${divisor} = `, strong(gradient / divisor),
      ` to each of ${cells(divisor)}`,
      lost ? `, ${lost} of them padding, where it is lost.` : "."];
  }

  // What all windows so far sent, and what of it the image received.
  function balance({ windows }, { gradient, counts, received, when, rows, columns }) {
    const sent = windows.flatMap((line, r) =>
      line.map((_, c) => (counts(r, c) ? gradient[r][c] : 0)));
    const kept = [...received].filter(([key]) => {
      const [row, column] = key.split(",").map(Number);
      return row >= 0 && row < rows.length && column >= 0 && column < columns.length;
    });
    const [all, arrived] = [total(sent), total(kept.flatMap(([, parts]) => parts))];
    const lost = Math.abs(all - arrived) < 1e-9 ? "all of it."
      : `${format(arrived)}; the rest fell on the padding.`;
    return `${when}, ${format(all)} was sent. The image received ${lost}`;
  }

  function misfit({ rows, columns }) {
    return `The window does not fit: it is ${rows.size} × ${columns.size}, and the padded image ` +
      `only ${rows.padded} × ${columns.padded}. Give it a larger image, a smaller window or ` +
      "more padding.";
  }

  // The size of one axis in numbers, less the window that PyTorch drops in ceil mode.
  function line(name, { length, padding, size, stride, dropped, output, round }) {
    return equation(name, [`${length} + 2·${padding} ${MINUS} ${size}`], stride,
      output > 0 ? String(output) : `${format(output)}, so there is none`,
      { round, after: dropped ? `+ 1 ${MINUS} 1` : "+ 1" });
  }

  // What rounding makes of the end of the image.
  function remainder({ rows, columns, fits }) {
    const axes = [[rows, "row"], [columns, "column"]];
    const unread = axes.filter(([axis]) => fits && axis.unread > 0).map(([axis, name]) =>
      (axis.unread === 1 ? `the last ${name}` : `the last ${axis.unread} ${name}s`));
    return [
      axes.some(([axis]) => axis.dropped)
        ? "A window that would start beyond the image is dropped: 1 less. " : "",
      unread.length ? `No window reads ${unread.join(" or ")}.` : "",
    ].join("");
  }

  function formula(result) {
    const words = ["image + 2·padding ", `${MINUS} window`];
    return [...sizes(result, words, "stride", line),
      element("p", { class: "cf-note" }, remainder(result))];
  }

  function words(pooled, place, view, gradients) {
    if (!pooled.fits) {
      const said = misfit(pooled);
      return { sentence: said, sum: [], formula: formula(pooled),
        text: [element("p", {}, said)] };
    }
    const { windows, rows, columns, output } = pooled;
    const window = windows[place[0]][place[1]];
    const backwards = view === "gradient";
    const { gradient, received, image } = gradients;
    const sum = backwards
      ? [...routed(window, gradient[place[0]][place[1]], received),
        aside(balance(pooled, { ...gradients, rows, columns }))]
      : result(window);
    const spoken = sum.map((part) => part.textContent ?? part);
    const aloud = spoken.at(-1) ? `${spoken.slice(0, -1).join("")}; ${spoken.at(-1)}`
      : spoken.join("");
    const said = `${backwards ? "Gradient of output" : "Output"} row ${place[0] + 1} of ` +
      `${rows.output}, column ${place[1] + 1} of ${columns.output}: ${aloud}`;
    const text = [element("p", {}, said),
      table(output, "Every value of the output", "Output table")];
    if (backwards) {
      text.push(table(image, "Every value of the image’s gradient", "Image gradient table"));
    }
    return { sentence: said, sum, formula: formula(pooled), text };
  }

  Object.assign(window.cnnFigures.pooling, { misfit, words });
})();
