// Chinese first, English beside: the person chooses, the browser remembers.
import { useEffect, useState } from 'preact/hooks';
export type Language = 'zh' | 'en';
let language: Language = 'zh';
try { if (localStorage.getItem('huren.language') === 'en') language = 'en'; } catch { /* a browser that keeps nothing */ }
const listeners = new Set<() => void>();
document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';

export const lang = () => language;
export function setLanguage(next: Language) {
  language = next;
  document.documentElement.lang = next === 'zh' ? 'zh-CN' : 'en';
  try { localStorage.setItem('huren.language', next); } catch { /* the same */ }
  listeners.forEach((f) => f());
}
export function useLanguage() {
  const [, again] = useState(0);
  useEffect(() => {
    const f = () => again((n) => n + 1);
    listeners.add(f);
    return () => { listeners.delete(f); };
  }, []);
}
export const t = (zh: string, en: string) => (language === 'zh' ? zh : en);
export const said = (words: { zh: string; en: string }) => words[language] || words.zh || words.en;
export const time = (iso: string) => (iso ? iso.slice(0, 16).replace('T', ' ') : '—');
