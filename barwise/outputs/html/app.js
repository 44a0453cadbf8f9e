"use strict";
// Draws the chosen series of a page: candles with their mean and signal, equity, drawdown.
(() => {
  const { createChart, createSeriesMarkers, CandlestickSeries, LineSeries, HistogramSeries, AreaSeries } = LightweightCharts;
  const UP = "#26a69a", DOWN = "#ef5350", BLUE = "#3b82f6", ORANGE = "#f59e0b", PURPLE = "#a855f7", GREY = "#8a94a0";
  const NARROWEST = 3; // pixels a candle from which arrows can be told apart
  const WIDE = 4; // times that equity must grow or shrink by to be drawn on a logarithmic scale
  const NEAR = 256; // bars

  const page = document.documentElement, find = (id) => document.getElementById(id);
  const all = JSON.parse(find("data").textContent);
  const texts = document.querySelectorAll(".series"), buttons = document.querySelectorAll("button.symbol");
  const box = find("chart"), legend = find("legend");
  const dark = matchMedia("(prefers-color-scheme: dark)"), printed = matchMedia("print");
  let isPrinting = false;
  let chosen, data, chart, drawn, marks, isNear;

  const look = () => {
    const night = dark.matches && !printed.matches && !isPrinting, line = night ? "#1b222b" : "#eef0f3";
    return {
      layout: {
        attributionLogo: false, // the footer has the notice and the link
        background: { color: night ? "#0f1318" : "#ffffff" },
        textColor: night ? "#a3afbc" : "#4b5563",
        panes: { separatorColor: night ? "#262d36" : "#dfe3e8" },
      },
      rightPriceScale: { borderColor: line, entireTextOnly: true },
      timeScale: { borderColor: line },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
    };
  };

  const two = (number) => String(number).padStart(2, "0");
  const when = (time) => {
    if (!data.timed) return `bar ${time.toLocaleString("en")}`;
    const at = new Date(time * 1000);
    const day = `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}`;
    const clock = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
    return `${day} ${clock}${at.getUTCSeconds() ? `:${two(at.getUTCSeconds())}` : ""}`;
  };
  const percent = (value) => `${value.toFixed(Math.abs(value) < 1000 ? 2 : 0).replace("-", "\u2212")} %`;
  const returns = (value) => percent((value - 1) * 100);

  // How many decimals prices are written with.
  const decimals = (column) => Math.min(10, Math.max(...column.map((price) => {
    const [digits, power] = String(price ?? 0).split("e");
    return (digits.split(".")[1] || "").length + Math.max(0, -(power || 0));
  })));

  const points = (column) => data.times.map((time, i) => (column[i] === null ? { time } : { time, value: column[i] }));
  const bars = () => data.times.map((time, i) => {
    const [open, high, low, close] = [data.open[i], data.high[i], data.low[i], data.close[i]];
    return [open, high, low, close].includes(null) ? { time } : { time, open, high, low, close };
  });
  const add = (kind, pane, options, values) => {
    const series = chart.addSeries(kind, { priceLineVisible: false, lastValueVisible: false, ...options }, pane);
    series.setData(values);
    return series;
  };

  const prices = () => {
    const places = decimals(data.close);
    const priceFormat = { type: "price", precision: places, minMove: 10 ** -places };
    const main = data.open
      ? add(CandlestickSeries, 0, { upColor: UP, downColor: DOWN, borderVisible: false, wickUpColor: UP, wickDownColor: DOWN, priceFormat }, bars())
      : add(LineSeries, 0, { color: GREY, lineWidth: 1, priceFormat }, points(data.close));
    add(LineSeries, 0, { color: ORANGE, lineWidth: 1, crosshairMarkerVisible: false, priceFormat }, points(data.mean));
    if (data.fast_mean) add(LineSeries, 0, { color: PURPLE, lineWidth: 1, crosshairMarkerVisible: false, priceFormat }, points(data.fast_mean));
    add(HistogramSeries, 0, { priceScaleId: "signal", color: `${BLUE}66`, base: 0 }, points(data.share));
    chart.priceScale("signal", 0).applyOptions({ scaleMargins: { top: 0.94, bottom: 0 } });
    main.priceScale().applyOptions({ scaleMargins: { top: 0.06, bottom: 0.1 } });
    return main;
  };
  const equity = () => {
    const known = [...data.equity, ...data.hold].filter((value) => value !== null);
    const isWide = Math.max(...known) > WIDE * Math.min(...known);
    const priceFormat = { type: "custom", minMove: 0.0001, formatter: returns };
    add(LineSeries, 1, { color: GREY, lineWidth: 1, title: "hold", lastValueVisible: true, priceFormat }, points(data.hold));
    add(LineSeries, 1, { color: BLUE, lineWidth: 2, title: isWide ? "net, log scale" : "net", lastValueVisible: true, priceFormat }, points(data.equity))
      .priceScale().applyOptions({ mode: isWide ? 1 : 0 });
    add(AreaSeries, 2, {
      invertFilledArea: true, lineColor: DOWN, topColor: `${DOWN}11`, bottomColor: `${DOWN}55`, lineWidth: 1,
      title: "drawdown", lastValueVisible: true, priceFormat: { type: "custom", minMove: 0.01, formatter: percent },
    }, points(data.drawdown));
    chart.panes().forEach((pane, i) => pane.setStretchFactor([5, 2, 1.2][i]));
  };

  const switches = () => {
    const out = [];
    if (data.bars > 1) return out; // a candle of several bars has several signals
    data.share.forEach((one, i) => {
      const isCut = data !== all[chosen]; // what is before the last bars is not here
      if (one === (i ? data.share[i - 1] : isCut ? one : 0)) return;
      out.push({
        time: data.times[i], position: one ? "belowBar" : "aboveBar", color: one ? UP : DOWN,
        shape: one ? "arrowUp" : "arrowDown", size: 0.7,
      });
    });
    return out;
  };
  const showMarks = () => {
    const near = chart.timeScale().options().barSpacing >= NARROWEST;
    if (near !== isNear) drawn.setMarkers(near ? marks : []);
    isNear = near;
  };

  // What the candle under the pointer says; the last one where there is none.
  const tell = (i) => {
    const names = [["open", "O"], ["high", "H"], ["low", "L"], ["close", "C"], ["mean", "mean"], ["fast_mean", "fast mean"]];
    const words = [when(data.times[i])];
    for (const [name, short] of names) {
      if (data[name] && data[name][i] !== null) words.push(`${short} ${data[name][i]}`);
    }
    words.push(data.bars > 1 ? `signal ${Math.round(100 * data.share[i])} %` : `signal ${data.share[i]}`);
    if (data.equity && data.equity[i] !== null) {
      words.push(`net ${returns(data.equity[i])}`, `hold ${returns(data.hold[i])}`, `drawdown ${percent(data.drawdown[i])}`);
    }
    legend.textContent = words.join("  ·  ");
  };

  const view = (from, to) => chart.timeScale().setVisibleLogicalRange({ from, to });
  const whole = () => view(-0.5, data.times.length - 0.5);
  const last = () => view(Math.max(0, data.times.length - NEAR) - 0.5, data.times.length + 1);

  // Shows all of the chosen series, or its last bars alone where a candle is several bars.
  const show = (isLast) => {
    const { latest } = all[chosen];
    draw(isLast && latest ? latest : all[chosen]);
    if (isLast && !latest) last();
    [find("whole"), find("last")].forEach((button, i) => press(button, isLast === Boolean(i)));
    const notes = document.querySelectorAll(`[data-series="${chosen}"] > .note`);
    notes.forEach((note, i) => { note.hidden = latest && isLast !== Boolean(i); });
  };
  const press = (button, isPressed) => button.setAttribute("aria-pressed", String(isPressed));
  const choose = (number) => {
    chosen = number;
    texts.forEach((text) => { text.hidden = Number(text.dataset.series) !== number; });
    buttons.forEach((button, i) => press(button, i === number));
    box.hidden = legend.parentElement.hidden = !all[number];
    if (all[number]) show(false);
  };
  const draw = (columns) => {
    if (chart) chart.remove();
    data = columns;
    if (!data.times) {
      let time = 0;
      data.times = data.time.map((step) => (time = Math.round((time + step) * 1e6) / 1e6));
    }
    const colours = look();
    chart = createChart(box, {
      ...colours, autoSize: true, crosshair: { mode: 0 }, handleScroll: { vertTouchDrag: false },
      localization: { locale: "en", timeFormatter: when },
      timeScale: {
        ...colours.timeScale, timeVisible: data.timed, secondsVisible: false, minBarSpacing: 0.02,
        ...(data.timed ? {} : { tickMarkFormatter: (time) => time.toLocaleString("en") }),
      },
    });
    const main = prices();
    if (data.equity) equity();
    marks = switches();
    drawn = createSeriesMarkers(main, []);
    isNear = false;
    box.classList.toggle("tall", Boolean(all[chosen].equity));
    chart.timeScale().subscribeVisibleLogicalRangeChange(showMarks);
    const end = data.times.length - 1;
    chart.subscribeCrosshairMove((at) => {
      tell(at.logical === undefined ? end : Math.min(end, Math.max(0, Math.round(at.logical))));
    });
    tell(end);
    whole();
  };

  const repaint = () => { if (chart) chart.applyOptions(look()); };
  // A browser prints what is there as the event returns: a picture in light colours, as wide as the paper.
  let picture;
  const printing = (begins) => {
    isPrinting = begins;
    if (picture) picture.remove();
    picture = undefined;
    repaint();
    if (begins && chart && !box.hidden) {
      picture = chart.takeScreenshot();
      box.after(picture);
    }
    box.classList.toggle("pictured", Boolean(picture));
  };
  const ready = () => { page.dataset.ready = String(Math.round(performance.now())); };
  if (box) {
    find("whole").addEventListener("click", () => show(false));
    find("last").addEventListener("click", () => show(true));
    dark.addEventListener("change", repaint);
    printed.addEventListener("change", repaint);
    addEventListener("beforeprint", () => printing(true));
    addEventListener("afterprint", () => printing(false));
    buttons.forEach((button, i) => button.addEventListener("click", () => {
      choose(i);
      find("charts").scrollIntoView();
    }));
    choose(0);
  }
  requestAnimationFrame(() => requestAnimationFrame(ready));
})();
