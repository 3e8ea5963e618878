// A HIS in Node.js, as small as it can be: a report is released, an order is placed, the doctor sees the card and decides.
// usage: node host.js CONFIG_FOLDER
'use strict';
const { Huren } = require('./huren.js');

const now = Date.now(); // one for the whole run: the same key must come with the same body
const at = (minusHours) => new Date(now - minusHours * 3600e3 + 8 * 3600e3).toISOString().slice(0, 19) + '+08:00';
const run = at(0).replace(/\D/g, '').slice(0, 14); // makes the keys of this run its own
const patient = {
  local_id: 'P1', name: '陈东珅', sex: 'female', birth_date: '1949-12-31', identifiers: [{ type: 'resident_id', value: '11010519491231002X' }],
};
const visit = { patient_id: 'P1', encounter_id: `E${run}`, department: '内分泌科', doctor: { id: 'D1027', name: '赵敏' } };

const report = (number, value) => ({
  report: {
    origin: { code: 'HB-COUNTY-01', name: '县医院' }, number, version: 1, status: 'final', panel: { code: 'SH01', name: '生化' }, category: '生化',
    patient, patient_class: 'outpatient',
    specimen: { id: 'B1', type: { code: 'serum', name: '血清', system: 'HUREN' }, collected_at: at(2) },
    observations: [{
      set_id: '1', local: { code: 'GLU01', name: '葡萄糖' }, value_type: 'NM', value, unit: 'mmol/L', range: { text: '3.9-6.1', low: 3.9, high: 6.1 },
      status: 'final', marks: ['鄂HR'], performer: { code: 'HB-COUNTY-01', name: '检验科' },
    }],
    author: { id: 'L7', name: '李强' }, verifier: { id: 'L2', name: '周海' }, reported_at: at(1),
  },
});

const huren = new Huren(process.argv[2], { vendor: 'Sample', product: 'Node HIS', version: '1' });
console.log('patient', huren.submit('patient.registered/1', `P1-${run}`, { patient }));
console.log('encounter', huren.submit('encounter.started/1', visit.encounter_id, { ...visit, patient_class: 'outpatient', at: at(0) }));
console.log('report', huren.submit('lab.report.released/1', `R${run}/1`, report(`R${run}`, '5.42')));
console.log('again', huren.submit('lab.report.released/1', `R${run}/1`, report(`R${run}`, '5.42')));

const order = { order_id: `O${run}`, item: { code: 'GLU01', name: '葡萄糖' } };
const answer = huren.query('order.check/1', { ...visit, orders: [order] }, 2000);
for (const card of answer ? answer.cards : []) {
  console.log('card', card.extension.huren.outcome, card.summary);
  console.log('decided', huren.submit('recognition.decided/1', `D${run}`, {
    ...visit, decision_id: `D${run}`, suggestion_id: card.suggestions[0].uuid, order_id: order.order_id, order_item: 'GLU01', outcome: 'accepted',
    result_ids: card.extension.huren.result_ids, at: at(0),
  }));
}

console.log('faulty report', huren.submit('lab.report.released/1', `F${run}/1`, report(`F${run}`, '')));
for (let notice; (notice = huren.poll(2000));) { // the text for the record; then what was wrong in a body, with its place
  huren.acknowledge(notice.notice_id);
  const faults = notice.body.findings;
  console.log('notice', notice.topic, ...(faults ? [faults[0].where] : []));
  if (faults) break;
}
huren.close();
console.log('closed');
