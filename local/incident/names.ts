import type { Random } from './random.ts';

/** Companies that Microsoft invented for its documentation: none of them exists. */
const houses = [
  'Fabrikam',
  'Adventure Works',
  'Northwind',
  'Tailspin',
  'Woodgrove',
  'Litware',
  'Proseware',
  'Wingtip',
  'Alpine Ski House',
  'Bellows',
  'Coho',
  'Consolidated Messenger',
  'Fourth Coffee',
  'Graphic Design Institute',
  'Humongous',
  'Lamna',
  'Lucerne',
  'Margie Travel',
  'Munson',
  'Relecloud',
  'Southridge',
  'Trey Research',
  'VanArsdel',
  'Wide World',
] as const;

const trades = [
  'Logistik',
  'Traders',
  'Bakery',
  'Engineering',
  'Clinics',
  'Verlag',
  'Toys',
  'Insurance',
  'Foods',
  'Optics',
  'Robotics',
  'Werkzeuge',
  'Reisen',
  'Labs',
  'Schools',
  'Textil',
] as const;

const cities = [
  'Bremen',
  'Graz',
  'Leipzig',
  'Luzern',
  'Kassel',
  'Linz',
  'Aarhus',
  'Gent',
  'Utrecht',
  'Lyon',
  'Porto',
  'Brno',
] as const;

const givenNames = [
  'Anna',
  'Ben',
  'Clara',
  'David',
  'Elif',
  'Farid',
  'Greta',
  'Hugo',
  'Ines',
  'Jonas',
  'Kim',
  'Lena',
  'Milan',
  'Nora',
  'Oskar',
  'Priya',
  'Quirin',
  'Rosa',
  'Samir',
  'Tilda',
  'Uwe',
  'Vera',
  'Wiktor',
  'Yara',
] as const;

const familyNames = [
  'Albers',
  'Brandt',
  'Costa',
  'Demir',
  'Eklund',
  'Fischer',
  'Gruber',
  'Hoekstra',
  'Ilic',
  'Jansen',
  'Keller',
  'Lindqvist',
  'Moreau',
  'Novak',
  'Okafor',
  'Petersen',
  'Rossi',
  'Sommer',
  'Tanaka',
  'Urban',
  'Vogel',
  'Weber',
  'Yilmaz',
  'Zeman',
] as const;

/** A company and the label that its domain, groups and exports are named by. */
export interface CompanyName {
  readonly name: string;
  /** Lower-case letters and digits. */
  readonly label: string;
}

/** Names that differ from each other, also as labels. */
export function companyNames(random: Random, count: number): readonly CompanyName[] {
  const found = new Map<string, CompanyName>();
  while (found.size < count) {
    const name = `${random.pick(houses)} ${random.pick(trades)}${random.chance(0.4) ? ` ${random.pick(cities)}` : ''}`;
    const label = name.toLowerCase().replace(/[^a-z0-9]/g, '');
    found.set(label, { name, label });
  }
  return [...found.values()];
}

export const givenName = (random: Random): string => random.pick(givenNames);
export const familyName = (random: Random): string => random.pick(familyNames);
