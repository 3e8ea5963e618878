// A message seen through: what the HIS said, the HL7 v2, the documents, side by side, with every finding marked where it stands.
import { useEffect, useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { post } from './api';
import { said, t } from './i18n';
import { Choice, Dialog, Failed } from './ui';

interface Found { part: string; severity: string; where: string; zh: string; en: string }
interface Doc { title: string; text: string; bytes: number }
interface Seen { event: unknown; hl7: string; documents: Doc[]; findings: Found[] }

const marked = (found: Found[], words: string) => <mark title={found.map((f) => said(f)).join('；')}>{words}</mark>;

/** The field that a finding names is marked; a finding about a whole segment marks its line. */
function Marked({ text, findings }: { text: string; findings: Found[] }) {
  const count: Record<string, number> = {};
  const separator = text[3] ?? '|';
  return (
    <pre>{text.split('\n').map((line) => {
      const segment = line.slice(0, 3);
      const n = (count[segment] = (count[segment] ?? 0) + 1);
      const here = findings.filter((f) => {
        const place = /^([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?/.exec(f.where);
        return f.part === 'hl7' && place?.[1] === segment && Number(place[2] ?? 1) === n;
      });
      if (here.length === 0) return <>{line}{'\n'}</>;
      const field = (f: Found) => Number(/-(\d+)/.exec(f.where)?.[1] ?? 0);
      if (here.some((f) => field(f) === 0)) return <>{marked(here, line)}{'\n'}</>;
      const parts = line.split(separator);
      const shift = segment === 'MSH' ? 1 : 0;
      return <>{parts.map((p, i) => {
        const hits = here.filter((f) => field(f) - shift === i);
        // An empty field has nothing to mark: the separator after it stands for it.
        return <>{i > 0 && separator}{hits.length ? marked(hits, p || '∅') : p}</>;
      })}{'\n'}</>;
    })}</pre>
  );
}

/** The document, one element a line; the element that a finding names is marked. */
function Xml({ text, findings }: { text: string; findings: Found[] }) {
  const path: string[] = [];
  const counts: Record<string, number>[] = [{}];
  const places = findings.filter((f) => f.part === 'document').map((f) => ({ f, at: f.where.replace(/\[1\]/g, '').replace(/\/(@|text\(\)).*$/, '') }));
  const lines: ComponentChildren[] = text.replace(/>\s*</g, '>\n<').split('\n').slice(0, 4000).map((line) => {
    const leave = () => { path.pop(); counts.length = Math.max(1, counts.length - 1); };
    if (/^<\//.test(line)) { leave(); return <>{'  '.repeat(path.length) + line}{'\n'}</>; }
    const name = /^<([A-Za-z][\w:.-]*)/.exec(line)?.[1];
    const depth = path.length;
    if (!name) {  // the end of a text of several lines
      if (/<\/[^>]+>$/.test(line)) leave();
      return <>{'  '.repeat(depth) + line}{'\n'}</>;
    }
    const siblings = counts[counts.length - 1]!;
    const n = (siblings[name] = (siblings[name] ?? 0) + 1);
    path.push(n > 1 ? `${name}[${n}]` : name);
    counts.push({});
    const here = `/${path.join('/')}`;
    const hits = places.filter((p) => p.at === here).map((p) => p.f);
    if (/\/>$/.test(line) || /<\/[^>]+>$/.test(line)) leave();
    return <>{'  '.repeat(depth)}{hits.length ? marked(hits, line) : line}{'\n'}</>;
  });
  return <pre>{lines}</pre>;
}

export function Through({ path, id, head, close, came = false }: { path: string; id: number; head: ComponentChildren; close: () => void; came?: boolean }) {
  const [seen, setSeen] = useState<Seen>();
  const [error, setError] = useState<unknown>();
  const [document, setDocument] = useState('0');
  useEffect(() => { post<Seen>(path, { id }).then(setSeen, setError); }, []);
  const doc = seen?.documents[Number(document)];
  return (
    <Dialog title={t(`消息 ${id}`, `Message ${id}`)} close={close} wide>
      <p class="notice">{t('内容含患者信息：您的查看已记入审计。', 'This is patient data: that you looked is in the audit trail.')}</p>
      <Failed error={error} />
      <p>{head}</p>
      {seen && <>
        {seen.findings.length > 0 && <div class="scroll findings" tabIndex={0} role="region" aria-label={t('发现', 'Findings')}><ul>{seen.findings.map((f) => <li><span class={`badge ${f.severity === 'error' ? 'bad' : 'warn'}`}>{f.part === 'hl7' ? 'HL7' : 'CDA'}</span> <code>{f.where}</code> {said(f)}</li>)}</ul></div>}
        {seen.findings.length === 0 && seen.hl7 && <p class="fine">{t('检查未发现问题。', 'The checks found nothing.')}</p>}
        <div class="columns3">
          <section tabIndex={0} aria-label={t('事件', 'Event')}><h3>{came ? t('读出的内容', 'What was read') : t('事件', 'Event')}</h3>{seen.event ? <pre>{JSON.stringify(seen.event, null, 1)}</pre> : <p class="empty">{came ? t('这条来件读不出内容：见检查结果。', 'Nothing could be read from it: see the findings.') : t('这类消息由系统产生，没有对应的 HIS 事件。', 'huren makes this kind of message by itself: there is no event of the HIS.')}</p>}</section>
          <section tabIndex={0} aria-label="HL7 v2"><h3>HL7 v2</h3>{seen.hl7 ? <Marked text={seen.hl7} findings={seen.findings} /> : <p class="empty">{t('报文正文已按保留期清理。', 'The bytes were dropped when they were old.')}</p>}</section>
          <section tabIndex={0} aria-label={t('文档', 'Document')}><h3>{t('文档（CDA）', 'Document (CDA)')}</h3>
            {seen.documents.length > 1 && <Choice label={t('哪一份', 'Which one')} value={document} set={setDocument} options={seen.documents.map((d, i): [string, string] => [String(i), d.title])} />}
            {!doc ? <p class="empty">{t('这条消息不带文档。', 'This message carries no document.')}</p> : doc.text ? <Xml text={doc.text} findings={document === '0' ? seen.findings : []} /> : <p class="empty">{t(`附件 ${doc.title}，${doc.bytes} 字节，不是文书。`, `Attachment ${doc.title}, ${doc.bytes} bytes, no CDA document.`)}</p>}</section>
        </div>
      </>}
    </Dialog>
  );
}
