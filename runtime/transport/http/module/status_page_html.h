// The status page, self-contained. `{{name}}` is filled in when it is asked for.
#ifndef POLYCALL_TRANSPORT_HTTP_MODULE_STATUS_PAGE_HTML_H_
#define POLYCALL_TRANSPORT_HTTP_MODULE_STATUS_PAGE_HTML_H_

namespace polycall::transport::http {

inline constexpr char kStatusPageHtml[] = R"html(<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{title}} · PolyCall</title>
<style>
:root{--back:#f6f7f9;--card:#fff;--ink:#1b2430;--soft:#667085;--line:#e6e9ef;--good:#12805c;--bad:#c2362b;--bar:#3867d6}
@media(prefers-color-scheme:dark){:root{--back:#12161c;--card:#1a2029;--ink:#e7ebf1;--soft:#93a0b4;--line:#2a323e;--good:#4cc38a;--bad:#ff7a6e;--bar:#6d9bff}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}
main{max-width:1080px;margin:0 auto;padding:28px 20px 48px}
header{display:flex;flex-wrap:wrap;align-items:baseline;gap:6px 14px;margin-bottom:20px}
h1{font-size:26px;margin:0;letter-spacing:-.01em}
h2{font-size:13px;text-transform:uppercase;letter-spacing:.06em;color:var(--soft);margin:28px 0 10px}
.pill{font-size:13px;font-weight:600;padding:2px 10px;border-radius:99px;border:1px solid currentColor}
.good{color:var(--good)}.bad{color:var(--bad)}
.where{color:var(--soft);font-size:13px}
code{font:12.5px ui-monospace,"DejaVu Sans Mono",monospace}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 16px}
.card b{display:block;font-size:26px;font-weight:650;font-variant-numeric:tabular-nums;letter-spacing:-.02em}
.card span{color:var(--soft);font-size:13px}
.sheet{background:var(--card);border:1px solid var(--line);border-radius:12px;overflow-x:auto}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:9px 14px;white-space:nowrap}
th{font-size:12px;color:var(--soft);font-weight:600}
tbody tr{border-top:1px solid var(--line)}
.name{text-align:left;font:13px ui-monospace,"DejaVu Sans Mono",monospace}
th.name{font:600 12px system-ui,sans-serif}
.service,.peer,.none{color:var(--soft)}
#peak{float:right;text-transform:none;letter-spacing:0;font-weight:400}
.peer{font-size:12.5px}
.empty td{color:var(--soft);text-align:left}
#graph{display:block;width:100%;height:96px}
ul{list-style:none;display:flex;flex-wrap:wrap;gap:8px 22px;margin:0;padding:14px 16px}
footer{margin-top:28px;color:var(--soft);font-size:13px}
a{color:var(--bar);text-decoration:none}a:hover{text-decoration:underline}
</style></head><body><main>
<header><h1>{{name}}</h1><span id="health" class="pill {{health_class}}">{{health}}</span>
<span class="where">PolyCall {{version}} · {{addresses}}</span></header>
<div class="cards">
<div class="card"><b id="rate">–</b><span>calls per second</span></div>
<div class="card"><b id="calls">{{calls}}</b><span>calls</span></div>
<div class="card"><b id="failed">{{failed}}</b><span>failed</span></div>
<div class="card"><b id="in_flight">{{in_flight}}</b><span>in flight</span></div>
<div class="card"><b id="connections">{{connections}}</b><span>connections</span></div>
</div>
<h2>Calls per second, last two minutes <span id="peak"></span></h2>
<div class="sheet"><svg id="graph" viewBox="0 0 120 40" preserveAspectRatio="none" role="img" aria-label="calls per second"><path id="area" fill="var(--bar)" fill-opacity=".14"/><path id="line" fill="none" stroke="var(--bar)" stroke-width="1.5" vector-effect="non-scaling-stroke"/></svg></div>
<h2>Methods</h2>
<div class="sheet"><table><thead><tr><th class="name">method</th><th>per second</th><th>calls</th><th>failed</th><th>in flight</th><th>p50</th><th>p99</th></tr></thead>
<tbody id="methods">
{{methods}}</tbody></table></div>
<h2>Slowest calls of the last five minutes</h2>
<div class="sheet"><table><thead><tr><th class="name">method</th><th>took</th><th>status</th><th>transport</th><th>peer</th></tr></thead>
<tbody id="slow">
{{slow}}</tbody></table></div>
<h2>Connections by transport</h2>
<div class="sheet"><ul id="transports">{{transports}}</ul></div>
<footer><a href="/health">health</a> · <a href="/capabilities">capabilities</a> · <a href="/metrics">metrics</a> · <span id="live">without its script this page stands still</span></footer>
</main><script>
'use strict';
const $ = id => document.getElementById(id);
const count = n => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ' ');
const rate = n => n === 0 ? '0' : n < 10 ? n.toFixed(1) : count(n);
const time = ns => {
  if (!ns) return '–';
  const [v, u] = ns >= 1e9 ? [ns / 1e9, 's'] : ns >= 1e6 ? [ns / 1e6, 'ms'] : ns >= 1e3 ? [ns / 1e3, 'µs'] : [ns, 'ns'];
  return (v < 10 ? v.toFixed(2) : v < 100 ? v.toFixed(1) : v.toFixed(0)) + ' ' + u;
};
const cell = (text, kind) => { const td = document.createElement('td'); td.textContent = text; if (kind) td.className = kind; return td; };
const rows = (body, made) => { body.replaceChildren(...made); };
let before = null;
const history = [];
function show(now) {
  const seconds = before ? (now.uptime_ns - before.uptime_ns) / 1e9 : 0;
  const old = new Map();
  if (before) for (const m of before.methods) old.set(m.service + '/' + m.method, m.calls);
  const sum = key => now.methods.reduce((all, m) => all + m[key], 0);
  let total = 0;
  rows($('methods'), now.methods.map(m => {
    const path = m.service + '/' + m.method;
    const per = seconds > 0 ? (m.calls - (old.get(path) ?? m.calls)) / seconds : null;
    total += per ?? 0;
    const tr = document.createElement('tr');
    const name = cell('', 'name');
    const service = document.createElement('span');
    service.className = 'service';
    service.textContent = m.service + '/';
    name.append(service, m.method);
    const number = (text, n) => cell(text, n ? '' : 'none');
    tr.append(name, number(per === null ? '–' : rate(per), per), number(count(m.calls), m.calls),
      cell(count(m.failed), m.failed ? 'bad' : 'none'), number(count(m.in_flight), m.in_flight),
      number(time(m.p50_ns), m.p50_ns), number(time(m.p99_ns), m.p99_ns));
    return tr;
  }));
  rows($('slow'), now.slow.map(s => {
    const tr = document.createElement('tr');
    tr.append(cell(s.method, 'name'), cell(time(s.ns)), cell(s.status, s.status === 'OK' ? '' : 'bad'), cell(s.transport), cell(s.peer, 'peer'));
    return tr;
  }));
  if (seconds > 0) { $('rate').textContent = rate(total); history.push(total); if (history.length > 120) history.shift(); }
  $('calls').textContent = count(sum('calls'));
  $('failed').textContent = count(sum('failed'));
  $('in_flight').textContent = count(sum('in_flight'));
  const open = Object.entries(now.connections).filter(([, n]) => n > 0);
  $('connections').textContent = count(open.reduce((all, [, n]) => all + n, 0));
  rows($('transports'), open.map(([transport, n]) => {
    const li = document.createElement('li');
    const b = document.createElement('b');
    b.textContent = count(n);
    li.append(b, ' ' + transport);
    return li;
  }));
  $('health').textContent = now.serving ? 'serving' : 'not serving';
  $('health').className = 'pill ' + (now.serving ? 'good' : 'bad');
  const most = Math.max(1, ...history);
  const points = history.map((v, i) => `${120 - history.length + i + 1},${38 - 34 * v / most}`);
  if (points.length > 1) {
    $('peak').textContent = 'at most ' + rate(Math.max(...history));
    $('line').setAttribute('d', 'M' + points.join('L'));
    $('area').setAttribute('d', `M${121 - history.length},40L` + points.join('L') + 'L120,40Z');
  }
  before = now;
}
async function tick() {
  try {
    const answer = await fetch('/status.json', { cache: 'no-store' });
    show(await answer.json());
    $('live').textContent = 'live';
  } catch (error) {
    $('live').textContent = 'the server does not answer';
    $('health').textContent = 'not reachable';
    $('health').className = 'pill bad';
  }
  setTimeout(tick, 1000);
}
tick();
</script></body></html>
)html";

}  // namespace polycall::transport::http

#endif  // POLYCALL_TRANSPORT_HTTP_MODULE_STATUS_PAGE_HTML_H_
