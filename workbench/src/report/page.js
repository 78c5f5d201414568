"use strict";
// The page's state is in its address: #node=n1&type=gossip&from=1.5&to=2&op=12&msg=99&case=0.
// What nodes have said reaches the page as text nodes and attribute values, never as markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const word = (n) => (n === null ? "" : data.words[n]);
  const byId = (id) => document.getElementById(id);
  const FATES = ["delivered", "lost", "dropped", "unheard"];
  const ENDS = ["ok", "fail", "info"];
  const PAGE = 100, ARROWS = 200, BARS = 2500;
  const KEYS = ["node", "who", "type", "fate", "f", "end", "q", "from", "to"];
  const isClient = (name) => name.startsWith("c");

  const ops = data.ops.map(([index, done, process, node, f, end, began, ended, argument, result, error]) => (
    { index, done, process, node: word(node), f: word(f), end: ENDS[end], began, ended, argument, result, error }));
  const messages = data.messages.map(([id, src, dest, type, sent, order, op, body, fates]) => {
    const arrived = fates.find(([fate]) => fate === 0);
    const missed = fates.find(([fate]) => fate !== 0);
    const fate = arrived ? "delivered" : missed ? FATES[missed[0]] : "never";
    const twice = fates.filter(([it]) => it === 0).length > 1;
    return { id, src: word(src), dest: word(dest), type: word(type), sent, order, op, body, fates, fate, twice, arrived };
  });
  const opOf = new Map();
  for (const op of ops) {
    opOf.set(op.index, op);
    if (op.done !== null) opOf.set(op.done, op);
  }
  const messageOf = new Map(messages.map((it) => [it.id, it]));
  const citing = new Map();
  data.cases.forEach((it, n) => it.ops.forEach((index) => {
    const op = opOf.get(index);
    if (op) citing.set(op, [...(citing.get(op) ?? []), n]);
  }));

  let state = new URLSearchParams();
  let pages = { messages: 0, ops: 0 };
  const seconds = (micros) => `${(micros / 1e6).toFixed(3)} s`;
  const millis = (micros) => `${+(micros / 1e3).toFixed(3)} ms`;

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children.filter((it) => it !== null && it !== undefined));
    return made;
  }
  function svg(name, attributes = {}, ...children) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }
  const link = (hash, text) => element("a", { href: `#${hash}` }, text);

  /* What is asked for. */
  function go(changes) {
    const next = new URLSearchParams(state);
    for (const [key, value] of Object.entries(changes)) {
      if (value === null || value === "") next.delete(key); else next.set(key, value);
    }
    location.hash = next.toString();
  }
  function range() {
    const time = (key, otherwise) => {
      const value = parseFloat(state.get(key));
      return Number.isFinite(value) ? value * 1e6 : otherwise;
    };
    const from = time("from", 0), to = time("to", data.until);
    return to > from ? [from, to] : [from, from + 1000];
  }
  function following() {
    return data.cases[number("case")];
  }
  function wanted() {
    const at = (key) => state.get(key) ?? "";
    const [from, to] = range();
    const q = at("q").toLowerCase(), node = at("node"), followed = following();
    const carriers = followed && new Set(followed.carriers), involved = followed && new Set(followed.involved ?? []);
    const early = state.has("from") ? from : -Infinity, late = state.has("to") ? to : Infinity;
    const chosen = messages.filter((it) =>
      (!carriers || carriers.has(it.id)) &&
      (!node || it.src === node || it.dest === node) &&
      (!at("who") || (at("who") === "clients") === (isClient(it.src) || isClient(it.dest))) &&
      (!at("type") || it.type === at("type")) &&
      (!at("fate") || at("fate") === it.fate || (at("fate") === "twice" && it.twice) || (at("fate") === "missed" && it.fate !== "delivered")) &&
      (!q || it.body.toLowerCase().includes(q)) &&
      it.sent <= late && (it.fates.at(-1)?.[1] ?? it.sent) >= early);
    const done = ops.filter((it) =>
      (!involved || involved.has(it.index)) &&
      (!node || it.node === node) && (!at("f") || it.f === at("f")) && (!at("end") || it.end === at("end")) &&
      (!q || `${it.argument} ${it.result} ${it.error ?? ""}`.toLowerCase().includes(q)) &&
      it.began <= late && (it.ended ?? data.until) >= early);
    return { messages: chosen, ops: done };
  }

  const number = (key) => (state.has(key) ? +state.get(key) : NaN);
  const chosenOp = () => opOf.get(number("op")), chosenMessage = () => messageOf.get(number("msg"));

  /* Tables, a page at a time. */
  function table(name, list, total, what, row) {
    const body = byId(`${name}-table`).tBodies[0];
    const last = Math.max(0, Math.ceil(list.length / PAGE) - 1);
    const page = pages[name] = Math.min(pages[name], last);
    body.replaceChildren(...list.slice(page * PAGE, (page + 1) * PAGE).map(row));
    byId(`${name}-count`).textContent = `${list.length} of ${total} ${what}`;
    const turn = (text, to) => {
      const button = element("button", { type: "button" }, text);
      button.disabled = to < 0 || to > last;
      button.addEventListener("click", () => { pages[name] = to; render(); });
      return button;
    };
    byId(`${name}-pages`).replaceChildren(...(last ? [turn("‹ Back", page - 1), ` page ${page + 1} of ${last + 1} `, turn("Next ›", page + 1)] : []));
  }
  const cell = (content, kind = "") => element("td", kind ? { class: kind } : {}, content);
  const fateText = (it) => (it.fate === "never" ? "never arrived" : it.twice ? "came twice" : it.fate);
  function messageRow(it) {
    const row = element("tr", {},
      cell(link(`msg=${it.id}`, `${it.id}`), "n"), cell(seconds(it.sent), "n"), cell(it.src), cell(it.dest), cell(it.type),
      cell(fateText(it), it.fate === "delivered" ? "" : "missed"),
      cell(it.arrived ? millis(it.arrived[1] - it.sent) : "", "n"),
      cell(it.op === null ? "" : link(`op=${it.op}`, `#${it.op}`), "n"), cell(it.body, "w"));
    if (chosenMessage() === it) row.className = "on";
    return row;
  }
  function opRow(it) {
    const row = element("tr", {},
      cell(link(`op=${it.index}`, `#${it.index}`), "n"), cell(seconds(it.began), "n"),
      cell(it.ended === null ? "" : millis(it.ended - it.began), "n"), cell(`${it.process}`, "n"), cell(it.node), cell(it.f),
      cell(it.argument, "w"), cell(it.ended === null ? "never" : it.end, it.end), cell(it.error ?? it.result, "w"));
    if (chosenOp() === it) row.className = "on";
    return row;
  }

  /* Pictures. */
  const kinds = [...new Set(data.faults.map((it) => it[0]))];
  function frame(view, width, height, left) {
    const made = svg("svg", { class: "plot", viewBox: `0 0 ${width} ${height}`, height });
    made.append(svg("rect", { class: "bg", width, height }));
    view.replaceChildren(made);
    view.dataset.left = left;
    return made;
  }
  function label(at, text, x, y, kind = "", anchor = "start") {
    at.append(svg("text", { x, y, class: kind, "text-anchor": anchor }, text));
  }
  function shade(at, x, top, height, left, right) {
    for (const [kind, from, until, text] of data.faults) {
      const begin = Math.max(x(from), left), end = Math.min(x(until), right);
      if (end < begin) continue;
      const colour = kinds.indexOf(kind) % 8;
      const title = svg("title", {}, `${kind}: ${text}`);
      at.append(svg("rect", { class: `shade f${colour}`, x: begin, y: top, width: Math.max(1, end - begin), height }, title));
      if (end - begin > 40) label(at, kind, begin + 4, top + 11 + 11 * kinds.indexOf(kind), "small dim");
    }
  }
  function axis(at, from, to, x, top, bottom) {
    const rough = (to - from) / 10, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((it) => it * power).find((it) => it >= rough);
    for (let n = Math.ceil(from / step); n * step <= to; n++) {
      const place = x(n * step);
      at.append(svg("path", { class: "grid", d: `M${place} ${top}V${bottom}` }));
      label(at, `${+(n * step / 1e6).toPrecision(9)} s`, place, bottom + 15, "dim", "middle");
    }
  }
  const LEFT = 84, RIGHT = 16, WIDTH = 1180;
  const short = (name) => (name.length > 10 ? `${name.slice(0, 9)}…` : name);
  function linked(hash, title, ...children) {
    const made = svg("a", { href: `#${hash}`, tabindex: -1 }, svg("title", {}, title), ...children);
    return made;
  }
  // Of a list those that matter and every so many of the others.
  function thin(list, limit, matters) {
    if (list.length <= limit) return list;
    const first = list.filter(matters).slice(0, limit / 2), rest = list.filter((it) => !matters(it));
    const every = Math.ceil(rest.length / (limit - first.length));
    return [...first, ...rest.filter((_, n) => n % every === 0)];
  }

  function drawOps(list) {
    const [from, to] = range(), view = byId("ops-view");
    const x = (time) => LEFT + (time - from) / (to - from) * (WIDTH - LEFT - RIGHT);
    const inside = list.filter((it) => it.began <= to && (it.ended ?? data.until) >= from);
    const chosen = chosenOp();
    const matters = (it) => it === chosen || citing.has(it) || it.end !== "ok";
    const shown = thin(inside, BARS, matters).sort((a, b) => a.began - b.began);
    // Operations at the same node that overlap lie in rows of their own, as far as there is room.
    const names = [...new Set([...data.nodes.filter((node) => !state.get("node") || node === state.get("node")), ...shown.map((it) => it.node)])];
    const rows = new Map(names.map((name) => [name, []]));
    const most = names.length > 12 ? 1 : names.length > 6 ? 2 : 4;
    for (const it of shown) {
      const ends = rows.get(it.node), begin = x(it.began);
      let row = ends.findIndex((end) => end <= begin);
      if (row < 0) row = ends.length < most ? ends.length : ends.indexOf(Math.min(...ends));
      ends[row] = Math.max(ends[row] ?? 0, x(it.ended ?? data.until), begin + 3);
      it.row = row;
    }
    const thick = 9, tops = new Map();
    let bottom = 30;
    for (const name of names) {
      tops.set(name, bottom);
      bottom += Math.max(1, rows.get(name).length) * (thick + 2) + 7;
    }
    const picture = frame(view, WIDTH, bottom + 22, LEFT);
    shade(picture, x, 6, bottom - 6, LEFT, WIDTH - RIGHT);
    axis(picture, from, to, x, 14, bottom);
    for (const name of names) {
      label(picture, short(name), LEFT - 10, tops.get(name) + thick, "name", "end");
      const y = tops.get(name) - 4;
      picture.append(svg("path", { class: "grid", d: `M${LEFT} ${y}H${WIDTH - RIGHT}` }));
    }
    for (const it of shown) {
      const y = tops.get(it.node) + it.row * (thick + 2), begin = Math.max(LEFT, x(it.began));
      const end = Math.min(WIDTH - RIGHT, x(it.ended ?? data.until)), width = Math.max(2, end - begin);
      const bar = svg("rect", { class: `bar-${it.end}`, x: begin, y, width, height: thick, rx: 1.5 });
      const ring = it === chosen || citing.has(it)
        ? [svg("rect", { class: "ring", x: begin - 3, y: y - 3, width: width + 6, height: thick + 6, rx: 4 })] : [];
      picture.append(linked(`op=${it.index}`, `#${it.index} ${it.f} ${it.argument} at ${it.node}: ${it.error ?? (it.result || it.end)}`, bar, ...ring));
    }
    byId("ops-note").textContent = `${shown.length === inside.length ? "" : `${shown.length} of `}${inside.length} operations from ${seconds(from)} to ${seconds(to)}; blue succeeded, red failed, yellow nobody knows; what findings name is ringed.`;
  }

  function drawMessages(list) {
    const [from, to] = range(), view = byId("space-view");
    const followed = following(), carriers = new Set(followed?.carriers ?? []);
    const inside = list.filter((it) => it.sent <= to && (it.fates.at(-1)?.[1] ?? it.sent) >= from);
    const chosen = chosenMessage();
    // A stretch without a gap is easier to read than a sample.
    const shown = inside.slice(0, ARROWS);
    const clients = new Set(shown.flatMap((it) => [it.src, it.dest]).filter(isClient));
    const lane = (name) => (isClient(name) && clients.size > 4 ? "clients" : name);
    const present = new Set(shown.flatMap((it) => [lane(it.src), lane(it.dest)]));
    const names = [...[...present].filter(isClient).sort(), ...data.nodes.filter((it) => present.has(it)),
      ...[...present].filter((it) => !isClient(it) && !data.nodes.includes(it)).sort()];
    const gap = Math.max(20, Math.min(46, 560 / Math.max(1, names.length)));
    const top = 62, bottom = top + Math.max(0, names.length - 1) * gap + 14;
    const picture = frame(view, WIDTH, bottom + 24, LEFT);
    const byClock = byId("clock").checked;
    const events = [...new Map(shown.flatMap((it) => [[it.order, it.sent], ...it.fates.map(([, time, order]) => [order, time])])).entries()].sort((a, b) => a[0] - b[0]);
    const rank = new Map(events.map(([order], n) => [order, n]));
    const step = Math.min(26, (WIDTH - LEFT - RIGHT - 20) / Math.max(1, events.length - 1));
    const clock = (time) => LEFT + (time - from) / (to - from) * (WIDTH - LEFT - RIGHT);
    const place = (time, order) => (byClock ? Math.max(LEFT, Math.min(WIDTH - RIGHT, clock(time))) : LEFT + 8 + rank.get(order) * step);
    const ofTime = (time) => {
      if (byClock) return clock(time);
      const at = events.findIndex(([, other]) => other >= time);
      return LEFT + 8 + ((at < 0 ? events.length : at) - 0.5) * step;
    };
    view.dataset.even = byClock ? "" : "1";
    const right = byClock ? WIDTH - RIGHT : LEFT + 8 + Math.max(0, events.length - 1) * step + 10;
    if (shown.length) shade(picture, ofTime, 30, bottom - 30, LEFT, right);
    if (byClock) axis(picture, from, to, clock, 30, bottom);
    else {
      let next = 0;
      events.forEach(([, time], n) => {
        const x = LEFT + 8 + n * step;
        if (x < next) return;
        next = x + 92;
        picture.append(svg("path", { class: "grid", d: `M${x} 30V${bottom}` }));
        label(picture, seconds(time), x, bottom + 15, "dim", "middle");
      });
    }
    const y = (name) => top + names.indexOf(lane(name)) * gap;
    for (const name of names) {
      picture.append(svg("path", { class: "lane", d: `M${LEFT} ${y(name)}H${right}` }));
      label(picture, short(name), LEFT - 10, y(name) + 4, "name", "end");
    }
    const count = new Map();
    for (const it of shown) count.set(it.type, (count.get(it.type) ?? 0) + 1);
    const types = [...count.keys()].sort((a, b) => count.get(b) - count.get(a) || (a < b ? -1 : 1));
    let at = LEFT;
    const entries = types.slice(0, 7).map((name, n) => [`arrow t${n}`, name.length > 22 ? `${name.slice(0, 21)}…` : name]);
    if (types.length > 7) entries.push(["arrow t7", "other types"]);
    if (shown.some((it) => it.fates.some(([fate]) => fate !== 0))) entries.push(["arrow bad", "lost, dropped or unheard"]);
    if (shown.some((it) => it.fate === "never")) entries.push(["arrow gone", "never arrived"]);
    for (const [kind, name] of entries) {
      picture.append(svg("path", { class: kind, d: `M${at} 15h18` }));
      label(picture, name, at + 23, 19);
      at += 45 + name.length * 6.7;
    }
    for (const it of shown) {
      const colour = `t${Math.min(7, types.indexOf(it.type))}`, hot = it === chosen || carriers.has(it.id) ? " hot" : "";
      const x0 = place(it.sent, it.order), y0 = y(it.src), y1 = y(it.dest), parts = [];
      for (const [fate, time, order] of it.fates) {
        const end = place(time, order);
        if (fate === 0) {
          const length = Math.hypot(end - x0, y1 - y0) || 1, ux = (end - x0) / length * 7, uy = (y1 - y0) / length * 7;
          parts.push(svg("path", { class: `arrow ${colour}${hot}`, d: `M${x0} ${y0}L${end} ${y1}` }),
            svg("path", { class: `tip ${colour}`, d: `M${end} ${y1}L${end - ux - uy * .42} ${y1 - uy + ux * .42}L${end - ux + uy * .42} ${y1 - uy - ux * .42}z` }));
        } else {
          const far = fate === 1 ? 0.35 : 0.88, over = fate === 1 ? x0 + 12 : end;
          const ex = x0 + (over - x0) * far, ey = y0 + (y1 - y0) * far;
          parts.push(svg("path", { class: `arrow bad${hot}`, d: `M${x0} ${y0}L${ex} ${ey}M${ex - 4} ${ey - 4}l8 8m0-8l-8 8` }));
        }
      }
      if (!it.fates.length) parts.push(svg("path", { class: `arrow gone${hot}`, d: `M${x0} ${y0}L${x0 + 14} ${y0 + (y1 - y0) * .45}` }));
      picture.append(linked(`msg=${it.id}`, `${it.id}: ${it.src} → ${it.dest} ${it.type}, ${fateText(it)}\n${it.body}`, ...parts));
    }
    const sample = shown.length < inside.length ? ` It shows the first ${shown.length}, sent until ${seconds(shown.at(-1).sent)}: look closer or later for the others.` : "";
    byId("space-note").textContent = `${inside.length} messages were under way between ${seconds(from)} and ${seconds(to)}.${sample}${byClock ? "" : " One event after another: distances are not times."}`;
  }

  /* The one thing that is looked at. */
  function select() {
    const box = byId("selected");
    const op = chosenOp();
    const message = chosenMessage();
    const fault = data.faults.find((it) => it[4] === number("op"));
    box.hidden = !(state.has("op") || state.has("msg"));
    if (box.hidden) return;
    const parts = [];
    const list = (items) => element("ul", {}, ...items.map((it) => element("li", {}, ...it)));
    const close = link(new URLSearchParams([...state].filter(([key]) => key !== "op" && key !== "msg")).toString() || "look=all", "close");
    if (op) {
      parts.push(element("p", {}, element("b", {}, `#${op.index} ${op.f}`), ` at ${op.node} by process ${op.process}: began ${seconds(op.began)}, `,
        op.ended === null ? "never ended" : `${op.end} at ${seconds(op.ended)}, after ${millis(op.ended - op.began)}`, " · ", close));
      if (op.argument) parts.push(element("pre", {}, op.argument));
      if (op.error ?? op.result) parts.push(element("pre", {}, `→ ${op.error ?? op.result}`));
      const cases = citing.get(op) ?? [];
      if (cases.length) parts.push(element("p", {}, "It proves ", ...cases.flatMap((n, at) => [at ? ", " : "", link(`finding=${n}`, `${data.cases[n].anomaly} ${data.cases[n].value ?? ""}`)])));
      const its = messages.filter((it) => it.op === op.index);
      if (its.length) parts.push(list(its.map((it) => [link(`msg=${it.id}`, `message ${it.id}`), ` ${it.src} → ${it.dest} ${it.type}, ${fateText(it)}`])));
      const nearby = data.faults.filter(([, from, until]) => from <= (op.ended ?? op.began) && until >= op.began);
      if (nearby.length) parts.push(element("p", {}, `Faults on: ${nearby.map(([kind, , , text]) => `${kind} (${text})`).join("; ")}`));
    } else if (message) {
      parts.push(element("p", {}, element("b", {}, `Message ${message.id}`), ` ${message.src} → ${message.dest} ${message.type}: sent at ${seconds(message.sent)}, `,
        message.fates.map(([fate, time]) => `${FATES[fate]} at ${seconds(time)}`).join(", ") || "never arrived", " · ", close));
      parts.push(element("pre", {}, message.body));
      if (message.op !== null) parts.push(element("p", {}, "Part of operation ", link(`op=${message.op}`, `#${message.op}`)));
      const cases = data.cases.flatMap((it, n) => (it.carriers.includes(message.id) ? [n] : []));
      if (cases.length) parts.push(element("p", {}, "It carries the value of ", ...cases.flatMap((n, at) => [at ? ", " : "", link(`finding=${n}`, `${data.cases[n].anomaly} ${data.cases[n].value ?? ""}`)])));
    } else if (fault) {
      parts.push(element("p", {}, element("b", {}, fault[0]), ` from ${seconds(fault[1])} to ${seconds(fault[2])}: ${fault[3]} · `, close));
    } else {
      parts.push(element("p", {}, "That one is not in this sample; the files beside this page have it. ", close));
    }
    box.replaceChildren(...parts);
  }

  /* All of it, whenever the address changes. */
  const fields = new Map(KEYS.map((key) => [key, byId(key)]));
  function options(id, values) {
    byId(id).append(...values.map((value) => element("option", { value }, value)));
  }
  function render() {
    const { messages: some, ops: done } = wanted();
    for (const [key, field] of fields) if (document.activeElement !== field) field.value = state.get(key) ?? "";
    const followed = following(), note = byId("following");
    note.hidden = !followed;
    if (followed) {
      note.replaceChildren(`Following ${followed.value ?? followed.anomaly}: only what mentions it is shown. `,
        link(new URLSearchParams([...state].filter(([key]) => key !== "case")).toString() || "look=all", "show all"));
    }
    drawOps(done);
    drawMessages(some);
    const whole = (kept, total, stride) => (stride > 1 ? `${kept} shown here (${total} in all: every ${stride}th, and all that matter)` : `${kept}`);
    table("messages", some, whole(messages.length, data.total, data.stride), "messages", messageRow);
    table("ops", done, whole(ops.length, data.opTotal, data.opStride), "operations", opRow);
    select();
  }
  // Where one thing is looked at and no time is asked for, the pictures show what was around it.
  function around(first, last) {
    const margin = Math.max((last - first) * 0.6, data.until / 400, 500);
    return { from: `${+((first - margin) / 1e6).toFixed(4)}`, to: `${+((last + margin) / 1e6).toFixed(4)}` };
  }
  // A part of the page by its name, such as #finding-0: what is closed around it is opened.
  function show(name) {
    const part = byId(name);
    for (let it = part; it; it = it.parentElement) if (it.tagName === "DETAILS") it.open = true;
    part?.scrollIntoView();
  }
  function arrive() {
    const hash = location.hash.slice(1);
    if (hash && !hash.includes("=")) {
      render();
      show(hash);
      return;
    }
    state = new URLSearchParams(hash);
    pages = { messages: 0, ops: 0 };
    if (!state.has("from") && !state.has("to")) {
      const op = chosenOp(), message = chosenMessage();
      let time;
      if (op) time = around(op.began, op.ended ?? op.began);
      else if (message) time = around(message.sent, message.fates.at(-1)?.[1] ?? message.sent);
      if (time) for (const key in time) state.set(key, time[key]);
    }
    render();
    if (state.has("finding")) {
      const finding = byId(`finding-${+state.get("finding")}`);
      document.querySelectorAll(".finding.on").forEach((it) => it.classList.remove("on"));
      if (finding) { finding.open = true; const more = finding.closest(".more"); if (more) more.open = true; finding.classList.add("on"); finding.scrollIntoView(); finding.querySelector("summary").focus(); }
    } else if (state.has("op") || state.has("msg")) byId("selected").scrollIntoView();
    else if (state.has("case")) byId("following").scrollIntoView();
  }

  byId("look").hidden = false;
  options("node", data.nodes);
  options("type", [...new Set(messages.map((it) => it.type))].sort());
  options("f", [...new Set(ops.map((it) => it.f))].sort());
  for (const [key, field] of fields) field.addEventListener(key === "q" ? "input" : "change", () => go({ [key]: field.value }));
  byId("filter").addEventListener("submit", (event) => event.preventDefault());
  byId("filter").addEventListener("reset", () => { location.hash = "look=all"; });
  byId("clock").addEventListener("change", render);

  function move(how) {
    const [from, to] = range(), width = to - from, middle = (from + to) / 2;
    const [begin, end] = {
      in: [middle - width / 4, middle + width / 4], out: [middle - width, middle + width],
      left: [from - width / 2, to - width / 2], right: [from + width / 2, to + width / 2], all: [null, null],
    }[how];
    const text = (time) => (time === null ? null : `${+(time / 1e6).toFixed(6)}`);
    go({ from: text(begin), to: text(end) });
  }
  document.querySelectorAll("[data-go]").forEach((button) => button.addEventListener("click", () => move(button.dataset.go)));
  const KEYBOARD = { "+": "in", "=": "in", "-": "out", ArrowLeft: "left", ArrowRight: "right", 0: "all" };
  for (const view of document.querySelectorAll(".view")) {
    view.addEventListener("keydown", (event) => {
      const how = KEYBOARD[event.key];
      if (!how || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      move(how);
    });
    let begin = null, mark = null, dragged = false;
    view.addEventListener("click", (event) => { if (dragged) event.preventDefault(); }, { capture: true });
    view.addEventListener("dragstart", (event) => event.preventDefault());
    const place = (event) => {
      const box = view.getBoundingClientRect();
      return (event.clientX - box.left) / box.width * WIDTH;
    };
    view.addEventListener("pointerdown", (event) => { if (event.button === 0 && !view.dataset.even) begin = place(event); });
    view.addEventListener("pointermove", (event) => {
      if (begin === null || Math.abs(place(event) - begin) < 6) return;
      mark ??= view.firstChild.appendChild(svg("rect", { class: "sel", y: 0, height: "100%" }));
      mark.setAttribute("x", Math.min(begin, place(event)));
      mark.setAttribute("width", Math.abs(place(event) - begin));
    });
    const end = (event) => {
      if (mark) {
        const [from, to] = range(), time = (x) => from + (Math.max(LEFT, x) - LEFT) / (WIDTH - LEFT - RIGHT) * (to - from);
        const ends = [time(begin), time(place(event))].sort((a, b) => a - b);
        mark.remove();
        go({ from: `${+(ends[0] / 1e6).toFixed(6)}`, to: `${+(ends[1] / 1e6).toFixed(6)}` });
        // The click that ends it follows no link.
        dragged = true;
        setTimeout(() => { dragged = false; });
      }
      begin = mark = null;
    };
    view.addEventListener("pointerup", end);
    view.addEventListener("pointerleave", () => { mark?.remove(); begin = mark = null; });
  }
  addEventListener("hashchange", arrive);
  arrive();
})();
