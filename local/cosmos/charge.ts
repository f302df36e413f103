import type { DocumentContainer } from './container.ts';

const kilobytes = (text: string): number => Math.max(1, Math.ceil(text.length / 1024));
const rounded = (units: number): number => Math.round(units * 100) / 100;

/**
 * Request units of a point read: 1 for the first KB. All charges here are near what Azure bills, never the same: good for
 * comparing two ways of doing one thing. Source: https://learn.microsoft.com/azure/cosmos-db/request-units
 */
export const readCharge = (document: string): number => rounded(1 + (kilobytes(document) - 1) * 0.1);

/** Request units of a write: about 5 for 1 KB, more for each indexed path. */
export const writeCharge = (container: DocumentContainer, document: string): number =>
  rounded(4.5 + kilobytes(document) * 0.5 + container.keys.length * 0.1);

/** Request units of a page of a query: a base, and what was looked at and handed over. */
export const queryCharge = (examined: number, answerBytes: number): number =>
  rounded(2.3 + examined * 0.03 + (answerBytes / 1024) * 0.05);
