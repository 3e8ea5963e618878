// The workbench: which of the hospital's items mean what, ranked suggestions with their evidence, many accepted at once.
import { useMemo, useRef, useState } from 'preact/hooks';
import { ApiError, download, get, post } from './api';
import type { PageProps } from './console';
import { t } from './i18n';
import { TableHistory } from './settings';
import type { MappingAnswer, MappingRow, StandardItem, Suggestion } from './types';
import { Act, Choice, Dialog, FaultList, Failed, LongTable, Text, useLoad } from './ui';

const isMapped = (r: MappingRow) => r.item !== '' || r.panel !== '';
const target = (s: { item: string; panel: string }) => s.item || s.panel;

function Chooser({ row, items, choose, close }: { row: MappingRow; items: StandardItem[]; choose: (s: { item: string; panel: string }) => Promise<void>; close: () => void }) {
  const [word, setWord] = useState('');
  const found = useMemo(() => {
    const w = word.trim().toLowerCase();
    return w === '' ? [] : items.filter((i) => `${i.item}${i.panel} ${i.zh} ${i.en} ${i.pinyin}`.toLowerCase().includes(w)).slice(0, 30);
  }, [word, items]);
  return (
    <Dialog title={`${row.code} ${row.name}`} close={close}>
      {row.reasons.length > 0 && <ul>{row.reasons.map((r) => <li>{t(r.zh, r.en)}</li>)}</ul>}
      {row.suggestions.length > 0 && <h3>{t('建议', 'Suggestions')}</h3>}
      {row.suggestions.map((s: Suggestion) => (
        <div class="offer">
          <div class="row"><strong>{target(s)} {t(s.zh, s.en)}</strong><span class="badge good">{s.score}</span><Act kind="small main" run={() => choose(s)}>{t('采用', 'Accept')}</Act></div>
          <ul>{s.evidence.map((e) => <li>{t(e.zh, e.en)} ({e.points > 0 ? '+' : ''}{e.points})</li>)}</ul>
        </div>
      ))}
      <Text label={t('查找标准项目', 'Find a standard item')} help={t('名称、拼音首字母或代码', 'Name, pinyin initials or code')} value={word} set={setWord} />
      {found.map((i) => <p class="row"><button type="button" class="small" onClick={() => void choose(i)}>{t('对照到', 'Map to')}</button><span>{target(i)} {t(i.zh, i.en)} {i.unit}{i.panel && ` (${t('组合', 'panel')})`}</span></p>)}
      {isMapped(row) && <p><Act kind="danger small" run={() => choose({ item: '', panel: '' })}>{t('取消对照', 'Take the mapping away')}</Act></p>}
    </Dialog>
  );
}

function Import({ version, catalogueVersion, close, done }: { version: string; catalogueVersion: string; close: () => void; done: () => Promise<void> }) {
  const [table, setTable] = useState('catalogue.csv');
  const [csv, setCsv] = useState('');
  const [name, setName] = useState('');
  const send = async () => {
    await post('/codes/import', { table, csv, version: table === 'catalogue.csv' ? catalogueVersion : version, dry_run: false });
    await done();
    close();
  };
  const file = (input: HTMLInputElement) => {
    const chosen = input.files?.[0];
    if (!chosen) return;
    setName(chosen.name);
    void chosen.arrayBuffer().then((bytes) => {
      // What Chinese spreadsheets save is GB18030 as often as UTF-8.
      try { setCsv(new TextDecoder('utf-8', { fatal: true }).decode(bytes)); } catch { setCsv(new TextDecoder('gb18030').decode(bytes)); }
    });
  };
  return (
    <Dialog title={t('导入 CSV', 'Import CSV')} close={close}>
      <Choice label={t('导入什么', 'What it is')} value={table} set={setTable} options={[['catalogue.csv', t('本院项目目录（code,name,pinyin,unit,loinc,specimen）', 'This hospital\'s items (code,name,pinyin,unit,loinc,specimen)')], ['local_items.csv', t('对照表（code,name,item,panel,unit…）', 'The mapping (code,name,item,panel,unit…)')]]} />
      <div class="field"><label for="csv-file">{t('文件', 'File')}</label><input id="csv-file" type="file" accept=".csv,text/csv" onChange={(e) => file(e.currentTarget)} /></div>
      {name && <p class="empty">{t(`${csv.split('\n').length - 1} 行`, `${csv.split('\n').length - 1} rows`)}</p>}
      <p class="help">{t('整个文件都正确才会导入；有错误时逐行指出，不作任何改动。', 'The file is taken whole or not at all; each faulty row is named and nothing changes.')}</p>
      <p class="row end"><Act kind="main" disabled={!csv} run={send}>{t('导入', 'Import')}</Act></p>
    </Dialog>
  );
}

export function Mapping({ session, refresh }: PageProps) {
  const { data, error, again } = useLoad(() => get<MappingAnswer>('/mapping'));
  const items = useLoad(() => get<{ items: StandardItem[] }>('/codes/items'));
  const [show, setShow] = useState('unmapped');
  const [word, setWord] = useState('');
  const [least, setLeast] = useState('80');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [row, setRow] = useState<MappingRow>();
  const [dialog, setDialog] = useState('');
  const [conflict, setConflict] = useState<ApiError>();
  const version = useRef('');
  version.current = data?.version ?? '';
  const can = session.rights.includes('codes');
  const all = data?.items ?? [];
  const index = useMemo(() => all.map((r) => `${r.code} ${r.name} ${r.item} ${r.panel} ${r.zh} ${r.en}`.toLowerCase()), [data]);
  const rows = useMemo(() => {
    const w = word.trim().toLowerCase();
    return all.filter((r, i) => (show === 'all' || (show === 'mapped') === isMapped(r)) && (w === '' || index[i]!.includes(w)))
      .sort((a, b) => (b.suggestions[0]?.score ?? 0) - (a.suggestions[0]?.score ?? 0));
  }, [data, show, word]);
  const done = async () => { setConflict(undefined); setChosen(new Set()); await again(); await refresh(); };
  const accept = async (changes: { code: string; name: string; unit: string; item: string; panel: string }[]) => {
    try {
      await post('/mapping/accept', { version: version.current, rows: changes });
      await done();
    } catch (e) {
      if (e instanceof ApiError && e.fault.id === 'console.changed_meanwhile') setConflict(e); else throw e;
    }
  };
  const change = (r: MappingRow, s: { item: string; panel: string }) => ({ code: r.code, name: r.name, unit: r.unit, item: s.item, panel: s.panel });
  const ready = rows.filter((r) => chosen.has(r.code) && r.suggestions[0]);
  const mark = (code: string, on: boolean) => setChosen((old) => { const next = new Set(old); if (on) next.add(code); else next.delete(code); return next; });
  const markAll = () => setChosen(new Set(rows.filter((r) => !isMapped(r) && (r.suggestions[0]?.score ?? 0) >= Number(least)).map((r) => r.code)));
  const part = (n: number) => ({ width: `${all.length ? (n * 100) / all.length : 0}%` });
  return (
    <>
      <Failed error={error} />
      {data && <section class="card">
        <div class="bar" role="img" aria-label={t(`共 ${all.length} 项：可互认 ${data.recognisable}，仅供参考 ${data.advisory}，不能互认 ${data.never}`, `${all.length} items: ${data.recognisable} recognisable, ${data.advisory} advisory, ${data.never} never`)}>
          <span class="a" style={part(data.recognisable)} /><span class="b" style={part(data.advisory)} /><span class="c" style={part(data.never)} /></div>
        <div class="legend"><span><i style={{ background: '#1b7f4b' }} />{t('可互认', 'recognisable')} {data.recognisable}</span><span><i style={{ background: '#d59a18' }} />{t('仅供参考', 'advisory')} {data.advisory}</span>
          <span><i style={{ background: '#b3413a' }} />{t('不能互认', 'never')} {data.never}</span><span>{t('已对照', 'mapped')} {data.mapped} / {all.length}</span></div>
      </section>}
      {conflict && <FaultList fault={conflict.fault} findings={[]} />}
      {conflict && <p><Act run={done}>{t('载入最新内容', 'Load what it says now')}</Act></p>}
      <div class="row">
        <Choice label={t('显示', 'Show')} value={show} set={setShow} options={[['unmapped', t('未对照', 'not mapped')], ['mapped', t('已对照', 'mapped')], ['all', t('全部', 'all')]]} />
        <Text label={t('查找', 'Find')} value={word} set={setWord} placeholder={t('代码、名称、标准项目', 'code, name, standard item')} />
        {can && <Choice label={t('一次选中分数达到', 'Tick all that score')} value={least} set={setLeast} options={[['60', '≥ 60'], ['70', '≥ 70'], ['80', '≥ 80'], ['90', '≥ 90']]} />}
      </div>
      <p class="row">
        {can && <button type="button" onClick={markAll}>{t('全选', 'Tick')}</button>}
        {can && <Act kind="main" disabled={ready.length === 0} run={() => accept(ready.map((r) => change(r, r.suggestions[0]!)))}>{t(`采用所选建议（${ready.length}）`, `Accept ticked suggestions (${ready.length})`)}</Act>}
        {can && <button type="button" onClick={() => setDialog('import')}>{t('导入 CSV', 'Import CSV')}</button>}
        <Act run={async () => { const r = await post<{ csv: string }>('/codes/export', { table: 'local_items.csv' }); download('local_items.csv', r.csv); }}>{t('导出对照表', 'Export mapping')}</Act>
        <button type="button" onClick={() => setDialog('history')}>{t('历史与撤销', 'History and undo')}</button>
        <span role="status">{t(`${rows.length} 项`, `${rows.length} items`)}</span>
      </p>
      {rows.length === 0 ? <p class="empty">{all.length === 0 ? t('还没有项目：请先导入本院项目目录（CSV）。', 'No items yet: import this hospital\'s list of items (CSV) first.') : t('没有符合的项目。', 'Nothing fits.')}</p>
        : <LongTable caption={t('项目对照', 'Code mapping')} rows={rows} rowKey={(r) => r.code} columns={[
          { head: t('选', 'Tick'), width: '34px', cell: (r) => can && !isMapped(r) && r.suggestions[0] ? <input type="checkbox" aria-label={t(`选中 ${r.code}`, `Tick ${r.code}`)} checked={chosen.has(r.code)} onChange={(e) => mark(r.code, e.currentTarget.checked)} /> : null },
          { head: t('本院代码', 'Local code'), width: '110px', cell: (r) => <code>{r.code}</code> }, { head: t('名称', 'Name'), width: '1.2fr', cell: (r) => <span title={r.name}>{r.name}</span> }, { head: t('单位', 'Unit'), width: '80px', cell: (r) => r.unit },
          { head: t('标准项目', 'Standard item'), width: '1.2fr', cell: (r) => isMapped(r) ? <>{target(r)} {t(r.zh, r.en)}</> : r.suggestions[0] ? <span class="empty" title={r.suggestions[0].evidence.map((e) => t(e.zh, e.en)).join('；')}>{t('建议', 'perhaps')} {target(r.suggestions[0])} {t(r.suggestions[0].zh, r.suggestions[0].en)} · {r.suggestions[0].score}</span> : <span class="empty">{t('没有建议', 'no suggestion')}</span> },
          { head: t('能否互认', 'Recognisable'), width: '110px', cell: (r) => <span class={`badge ${r.verdict === 'pass' ? 'good' : r.verdict === 'advise' ? 'warn' : 'bad'}`} title={r.reasons.map((x) => t(x.zh, x.en)).join('；')}>{r.verdict === 'pass' ? t('可互认', 'yes') : r.verdict === 'advise' ? t('仅供参考', 'advisory') : t('不能', 'no')}</span> },
          { head: t('操作', 'Actions'), width: '140px', cell: (r) => <span class="row">{can && !isMapped(r) && r.suggestions[0] && <Act kind="small main" run={() => accept([change(r, r.suggestions[0]!)])}>{t('采用', 'Accept')}</Act>}{can && <button type="button" class="small" onClick={() => setRow(r)}>{isMapped(r) ? t('修改', 'Change') : t('选择', 'Choose')}</button>}</span> },
        ]} />}
      {row && <Chooser row={row} items={items.data?.items ?? []} close={() => setRow(undefined)} choose={async (s) => { await accept([change(row, s)]); setRow(undefined); }} />}
      {dialog === 'import' && <Import version={data?.version ?? ''} catalogueVersion={data?.catalogue_version ?? ''} close={() => setDialog('')} done={done} />}
      {dialog === 'history' && <Dialog title={t('历史与撤销', 'History and undo')} close={() => setDialog('')} wide><TableHistory files={['local_items.csv', 'catalogue.csv']} can={can} done={done} /></Dialog>}
    </>
  );
}
