// Calls of /api/v1. Everything asked for travels in the body: no address carries a parameter.
export interface Fault { id: string; where: string; zh: string; en: string; severity?: string; part?: string }
export class ApiError extends Error {
  constructor(readonly status: number, readonly fault: Fault, readonly findings: Fault[]) { super(fault.id); }
}
let csrf = '';
export function setCsrf(token: string) { csrf = token; }
const gone: Fault = { id: 'page.no_connection', where: '', zh: '连接不上本院的 huren：请检查网络，或稍候重试', en: 'Cannot reach huren: check the network or try again in a moment' };

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method, headers: body === undefined ? {} : { 'Content-Type': 'application/json', 'X-Huren-CSRF': csrf },
      body: body === undefined ? undefined : JSON.stringify(body), credentials: 'same-origin',
    });
  } catch { throw new ApiError(0, gone, []); }
  const data = await response.json().catch(() => ({ error: gone, findings: [] }));
  if (!response.ok) throw new ApiError(response.status, data.error, data.findings ?? []);
  return data as T;
}
export const get = <T>(path: string) => call<T>('GET', path);
export const post = <T>(path: string, body: unknown = {}) => call<T>('POST', path, body);

export function download(name: string, text: string | Blob, type = 'text/csv;charset=utf-8') {
  const link = document.createElement('a');
  // The mark lets spreadsheet programs read UTF-8.
  link.href = URL.createObjectURL(typeof text === 'string' ? new Blob(['\uFEFF', text], { type }) : text);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
