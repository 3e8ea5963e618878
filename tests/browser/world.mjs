// What all flows share: a browser, the hospitals behind standard input and output, looking for faults on every page.
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
/** Asks hospitals.py for something that a HIS or an operator does. */
export async function stage(...words) {
  console.log(JSON.stringify(words));
  const { value } = await lines.next();
  const answer = JSON.parse(value);
  if (answer.error) throw new Error(`${words[0]}: ${answer.error}`);
  return answer.ok;
}
export function must(holds, what) { if (!holds) throw new Error(what); }

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const images = process.env.HUREN_IMAGES;
export const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'] });

/** What says who the patient is: none of it may stand in an address. */
const patient = await stage('patient');
let looked = 0;
export const addresses = () => looked;
function named(page, what, ...texts) {
  looked++;
  for (const text of texts) {
    // As it stands, decoded, and what base64 in it says.
    const forms = [text, decodeURIComponent(text.replace(/%(?![0-9a-fA-F]{2})/g, '%25'))];
    for (const run of text.match(/[A-Za-z0-9+/_-]{16,}/g) ?? []) forms.push(Buffer.from(run, 'base64url').toString('utf8'));
    for (const word of patient) if (forms.some((f) => f.includes(word))) page.faults.push(`a patient (${word}) in ${what}`);
  }
}

/** A person at a ward PC. Nothing may come from another host, nothing may go wrong unseen, no address may name a patient. */
export async function person(base, { width = 1366, height = 768 } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, acceptDownloads: true, locale: 'zh-CN' });
  const page = await context.newPage();
  page.setDefaultTimeout(40_000);
  page.faults = [];
  page.on('request', (r) => {
    const url = new URL(r.url());
    if (!/^(data|blob|about):$/.test(url.protocol) && url.host !== new URL(base).host) page.faults.push(`asks another host: ${r.url()}`);
    if (url.search) page.faults.push(`an address with parameters: ${r.url()}`);
    named(page, `a request for ${r.url()}`, r.url(), r.headers().referer ?? '');
  });
  // The address bar and the history of the browser, fragments too.
  page.on('framenavigated', (f) => named(page, `the address ${f.url()}`, f.url()));
  page.on('pageerror', (e) => page.faults.push(`script: ${e.message}`));
  page.on('console', (m) => { if (m.type() === 'error' && !/status of (401|403|404|409|413|422|429|503)|ERR_CONNECTION/.test(m.text())) page.faults.push(`console: ${m.text()}`); });
  page.base = base;
  return page;
}

/** axe-core over what is on screen now, and no sideways scrolling of the page. The policy forbids foreign scripts in the page:
 * axe goes in through the debugger, as a screen reader would look from outside. */
export async function look(page, name, { full = false } = {}) {
  await page.evaluate(axeSource);
  const found = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'], rules: { region: { enabled: false } } }));
  const bad = found.violations.map((v) => `${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map((n) => n.target.join(' ') + ' ' + n.html.slice(0, 120)).join(' | ')}`);
  must(bad.length === 0, `${name}: ${bad.join('\n  ')}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  must(wide <= 0, `${name}: ${wide} px wider than the screen`);
  await page.screenshot({ path: `${images}/${name}.png`, fullPage: full });
}

/** Of the next two questions to this address the first one's answer comes last. What it gives waits until the page has shown both. */
export async function overtaken(page, path) {
  let asked = 0;
  let answered;
  let shown;
  const second = new Promise((resolve) => { answered = resolve; });
  const both = new Promise((resolve) => { shown = resolve; });
  await page.route(`**/api/v1${path}`, async (route) => {
    const first = ++asked === 1;
    const response = await route.fetch();
    if (first) await second;
    await route.fulfill({ response });
    (first ? shown : answered)();
  });
  return async () => {
    await both;
    await page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))));
    await page.unroute(`**/api/v1${path}`);
  };
}

export async function open(page, path, heading) {
  await page.goto(`${page.base}/#/${path}`);
  await page.getByRole('heading', { level: 1, name: heading }).waitFor();
}
export const button = (where, name) => where.getByRole('button', { name, exact: typeof name === 'string' });
export const field = (where, name) => where.getByLabel(name, { exact: typeof name === 'string' });
export const dialog = (page) => page.getByRole('dialog');

export async function signIn(page, name, password) {
  await page.goto(page.base + '/');
  await field(page, '用户名').fill(name);
  await field(page, '密码').fill(password);
  await button(page, '登录').click();
  await page.getByRole('heading', { level: 1, name: '概况' }).waitFor();
}

export function done(page) { must(page.faults.length === 0, page.faults.join('\n')); }

/** Milliseconds that the page's main thread worked for an action until the condition holds and a frame is painted: thread
 * time, so that other work of this machine does not count. */
export async function taken(page, act, until) {
  if (!page.meter) {
    page.meter = await page.context().newCDPSession(page);
    await page.meter.send('Performance.enable', { timeDomain: 'threadTicks' });
  }
  const spent = async () => (await page.meter.send('Performance.getMetrics')).metrics.find((m) => m.name === 'TaskDuration').value * 1000;
  const begun = await spent();
  await act();
  await until();
  await page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))));
  return Math.round((await spent()) - begun);
}

export const flows = [];
export const flow = (name, run) => flows.push({ name, run });
export const facts = await stage('facts');
export const baseA = `http://127.0.0.1:${facts.a}`;
export const baseB = `http://127.0.0.1:${facts.b}`;
