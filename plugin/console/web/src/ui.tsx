// The few parts that all pages are made of.
import type { ComponentChildren, JSX } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { Virtualizer, elementScroll, observeElementOffset, observeElementRect } from '@tanstack/virtual-core';
import { ApiError, type Fault } from './api';
import { said, t } from './i18n';

export function FaultList({ fault, findings }: { fault: Fault; findings: Fault[] }) {
  const box = useRef<HTMLDivElement>(null);
  // What went wrong must be seen, wherever the page is scrolled to.
  useEffect(() => { box.current?.scrollIntoView({ block: 'nearest' }); }, [fault]);
  return (
    <div class="fault" role="alert" ref={box}>
      <p><strong>{said(fault)}</strong></p>
      {findings.length > 0 && <ul tabIndex={0} aria-label={t('逐项', 'One by one')}>{findings.slice(0, 50).map((f) => <li><code>{f.where}</code> {said(f)}</li>)}</ul>}
      {findings.length > 50 && <p>{t(`另有 ${findings.length - 50} 处`, `${findings.length - 50} more`)}</p>}
    </div>
  );
}
export const Failed = ({ error }: { error: unknown }) => {
  if (!error) return null;
  const known = error instanceof ApiError ? error : new ApiError(0, { id: 'page.fault', where: '', zh: '页面出错：请刷新后重试', en: 'The page failed: load it again' }, []);
  return <FaultList fault={known.fault} findings={known.findings} />;
};

/** Questions asked one after another: an answer never takes the place of one to a later question, in whichever order they come,
 * and none is shown once the page was left. */
export function useNewest() {
  const count = useRef({ asked: 0, shown: 0 });
  useEffect(() => () => { count.current.shown = Infinity; }, []);
  return useCallback(async <T,>(question: Promise<T>, answered: (answer: T) => void, failed: (error: unknown) => void) => {
    const mine = ++count.current.asked;
    const shown = () => { if (mine < count.current.shown) return false; count.current.shown = mine; return true; };
    try {
      const answer = await question;
      if (shown()) answered(answer);
    } catch (e) { if (shown()) failed(e); }
  }, []);
}

/** Loads, and loads again on demand; the last answer stays on screen while a new one is fetched. */
export function useLoad<T>(load: () => Promise<T>, every = 0): { data: T | undefined; error: unknown; again: () => Promise<void> } {
  const [data, setData] = useState<T>();
  const [error, setError] = useState<unknown>();
  const newest = useNewest();
  const again = useCallback(() => newest(load(), (next) => { setData(next); setError(undefined); }, setError), []);
  useEffect(() => {
    void again();
    const timer = every ? setInterval(() => { if (!document.hidden) void again(); }, every) : 0;
    return () => clearInterval(timer);
  }, []);
  return { data, error, again };
}

/** A button whose work is under way cannot be pressed twice; what failed is shown beside it. */
export function Act({ run, children, kind = '', disabled = false, title, confirm }: {
  run: () => Promise<void>; children: ComponentChildren; kind?: string; disabled?: boolean; title?: string; confirm?: string;
}) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [asked, setAsked] = useState(false);
  const go = async () => {
    setAsked(false);
    setBusy(true);
    setError(undefined);
    try { await run(); } catch (e) { setError(e); }
    setBusy(false);
  };
  return (
    <span class="act">
      <button type="button" class={kind} disabled={busy || disabled} aria-busy={busy} title={title} onClick={() => (confirm ? setAsked(true) : void go())}>{children}</button>
      {asked && confirm && (
        <Dialog title={t('请确认', 'Please confirm')} close={() => setAsked(false)}>
          <p>{confirm}</p>
          <p class="row end"><button type="button" onClick={() => setAsked(false)}>{t('不', 'No')}</button><button type="button" class="danger" onClick={() => void go()}>{children}</button></p>
        </Dialog>
      )}
      <Failed error={error} />
    </span>
  );
}

export function Dialog({ title, close, children, wide = false }: { title: string; close: () => void; children: ComponentChildren; wide?: boolean }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => { if (box.current && !box.current.open) box.current.showModal(); }, []);
  return (
    <dialog ref={box} class={wide ? 'wide' : ''} aria-label={title} onCancel={(e) => { e.preventDefault(); close(); }}>
      <header><h2>{title}</h2><button type="button" class="plain" aria-label={t('关闭', 'Close')} onClick={close}>✕</button></header>
      {children}
    </dialog>
  );
}

let ids = 0;
export function Field({ label, help, children }: { label: string; help?: string; children: (id: string, describedBy: string | undefined) => JSX.Element }) {
  const [id] = useState(() => `f${++ids}`);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(id, help ? `${id}-help` : undefined)}
      {help && <p class="help" id={`${id}-help`}>{help}</p>}
    </div>
  );
}
export function Text({ label, help, value, set, type = 'text', autocomplete = 'off', required = false, placeholder }: {
  label: string; help?: string; value: string; set: (v: string) => void; type?: string; autocomplete?: string; required?: boolean; placeholder?: string;
}) {
  return (
    <Field label={label} help={help}>
      {(id, by) => <input id={id} type={type} aria-describedby={by} value={value} required={required} placeholder={placeholder} autocomplete={autocomplete as 'off'} onInput={(e) => set(e.currentTarget.value)} />}
    </Field>
  );
}
export function Choice({ label, help, value, set, options }: { label: string; help?: string; value: string; set: (v: string) => void; options: [string, string][] }) {
  return (
    <Field label={label} help={help}>
      {(id, by) => <select id={id} aria-describedby={by} value={value} onChange={(e) => set(e.currentTarget.value)}>{options.map(([v, words]) => <option value={v}>{words}</option>)}</select>}
    </Field>
  );
}
export const Check = ({ label, value, set }: { label: string; value: boolean; set: (v: boolean) => void }) => (
  <label class="check"><input type="checkbox" checked={value} onChange={(e) => set(e.currentTarget.checked)} /> {label}</label>
);

export interface Column<T> { head: string; cell: (row: T) => ComponentChildren; width?: string; number?: boolean }
export function Table<T>({ caption, columns, rows, empty }: { caption: string; columns: Column<T>[]; rows: T[]; empty: string }) {
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={caption}>
      <table><caption class="hidden">{caption}</caption>
        <thead><tr>{columns.map((c) => <th scope="col" class={c.number ? 'number' : ''}>{c.head}</th>)}</tr></thead>
        <tbody>{rows.map((r) => <tr>{columns.map((c) => <td class={c.number ? 'number' : ''}>{c.cell(r)}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

/** Thousands of rows of one height: only those in view are made. Arrow keys move from row to row. */
export function LongTable<T>({ caption, columns, rows, rowKey, height = 40 }: { caption: string; columns: Column<T>[]; rows: T[]; rowKey: (row: T) => string; height?: number }) {
  const box = useRef<HTMLDivElement>(null);
  const [, draw] = useState(0);
  const held = useRef<Virtualizer<HTMLDivElement, Element>>();
  const options = {
    count: rows.length, getScrollElement: () => box.current, estimateSize: () => height, overscan: 8,
    observeElementRect, observeElementOffset, scrollToFn: elementScroll, onChange: () => draw((n) => n + 1),
  };
  if (!held.current) held.current = new Virtualizer<HTMLDivElement, Element>(options);
  const v = held.current;
  v.setOptions(options);
  useEffect(() => { const end = v._didMount(); v._willUpdate(); draw((n) => n + 1); return end; }, []);
  useEffect(() => { v._willUpdate(); });
  const grid = columns.map((c) => c.width ?? '1fr').join(' ');
  const move = (e: KeyboardEvent) => {
    if (e.target !== box.current) return;
    const step = { ArrowDown: height, ArrowUp: -height, PageDown: height * 10, PageUp: -height * 10 }[e.key];
    if (step && box.current) { box.current.scrollTop += step; e.preventDefault(); }
  };
  return (
    <div class="long" role="table" aria-label={caption} aria-rowcount={rows.length + 1}>
      <div class="long-head" role="row" aria-rowindex={1} ref={(e) => { if (e) e.style.gridTemplateColumns = grid; }}>{columns.map((c) => <div role="columnheader">{c.head}</div>)}</div>
      <div class="long-body" ref={box} tabIndex={0} role="rowgroup" aria-label={caption} onKeyDown={move}>
        <div role="presentation" ref={(e) => { if (e) { e.style.height = `${v.getTotalSize()}px`; e.style.position = 'relative'; } }}>
          {v.getVirtualItems().map((item) => {
            const row = rows[item.index];
            return row === undefined ? null : (
              <div class="long-row" role="row" aria-rowindex={item.index + 2} key={rowKey(row)} ref={(e) => { if (e) { e.style.transform = `translateY(${item.start}px)`; e.style.height = `${height}px`; e.style.gridTemplateColumns = grid; } }}>
                {columns.map((c) => <div role="cell">{c.cell(row)}</div>)}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
