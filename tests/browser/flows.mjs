// Each workflow of the console and the panel, end to end, as a person does it: by labels and buttons on the page.
import { addresses, browser, flows } from './world.mjs';
import './flows_settings.mjs';
import './flows_work.mjs';
import './flows_whole.mjs';

let failed = 0;
for (const { name, run } of flows) {
  if (process.env.HUREN_ONLY && !new RegExp(process.env.HUREN_ONLY).test(name)) continue;
  const begun = Date.now();
  try {
    await run();
    console.log(`passed: ${name} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
  } catch (e) {
    failed++;
    console.log(`FAILED: ${name}\n  ${String(e.stack ?? e).split('\n').slice(0, 12).join('\n  ')}`);
    for (const context of browser.contexts()) for (const page of context.pages()) await page.screenshot({ path: `${process.env.HUREN_IMAGES}/failed-${failed}.png` }).catch(() => {});
    if (name.startsWith('a newcomer')) break;  // the others visit what it set up
  }
  for (const context of browser.contexts()) await context.close();
}
await browser.close();
console.log(`addresses looked at: ${addresses()}`);
process.exit(failed ? 1 : 0);
