import type { components as Balances } from "./balances_client";
import type { components as Entries, paths } from "./entries_client";

declare const process: { env: Record<string, string> };
const { ENTRIES_URL, BALANCES_URL, TOKEN } = process.env;

type KeyHeader = paths["/v1/entries"]["post"]["parameters"]["header"];

async function send<Answer>(url: string, headers: object = {}, body?: object): Promise<[Response, Answer]> {
  const answer = await fetch(url, {
    method: body ? "POST" : "GET",
    headers: { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json", ...headers },
    body: body && JSON.stringify(body),
  });
  return [answer, (answer.status === 304 ? undefined : await answer.json()) as Answer];
}

async function main() {
  const sale: Entries["schemas"]["NewEntry"] = { direction: "credit", amount: "150.00", description: "Venda" };
  const key: KeyHeader = { "Idempotency-Key": crypto.randomUUID() };
  const [, first] = await send<Entries["schemas"]["EntryAnswer"]>(`${ENTRIES_URL}/v1/entries`, key, sale);
  const one: Entries["schemas"]["BulkEntry"] = {
    direction: "debit",
    amount: "50.00",
    description: "Troco",
    idempotency_key: crypto.randomUUID(),
  };
  const all: Entries["schemas"]["Bulk"] = { mode: "atomic", entries: [one] };
  const [, bulk] = await send<Entries["schemas"]["BulkAnswer"]>(`${ENTRIES_URL}/v1/entries/bulk`, {}, all);
  const last = bulk.items[0];
  const day = `${BALANCES_URL}/v1/daily-balances/${last.business_date}?after_entry=${last.id}`;
  const [answer, balance] = await send<Balances["schemas"]["DailyBalanceBody"]>(day);
  const [again] = await send<undefined>(day, { "If-None-Match": answer.headers.get("ETag") });
  console.log(first.amount, balance.closing_balance, again.status);
}

void main();
