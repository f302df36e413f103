/** A virtual machine size, as its name tells it. */
export interface MachineSize {
  /** As the log writes it, e.g. `Standard_NC24ads_A100_v4`. */
  readonly name: string;
  /** The family letters in upper case, e.g. `NC`, `D`, `HB`. */
  readonly family: string;
  /** Cores the size is sold with; constrained sizes (`E16-4s`) cost the larger number. */
  readonly vcpus: number;
  readonly gpu: boolean;
}

/** From this many cores a machine counts as large. */
export const largeFrom = 16;

/** Sizes of the first generations number sizes, not cores. */
const numberedByFamily: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  D: { 1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 11: 2, 12: 4, 13: 8, 14: 16, 15: 20 },
  G: { 1: 2, 2: 4, 3: 8, 4: 16, 5: 32 },
  A: { 0: 1, 1: 1, 2: 2, 3: 4, 4: 8, 5: 2, 6: 4, 7: 8, 8: 8, 9: 16, 10: 8, 11: 16 },
};

/**
 * Reads a size's name: family, cores, additive letters, accelerator, version
 * (learn.microsoft.com, "Azure virtual machine sizes naming conventions"). Undefined when it is no such name.
 */
export function machineSize(name: string): MachineSize | undefined {
  const match = /^(?:Standard|Basic)_([A-Z]{1,3}?)(S?)(\d{1,3})(?:-\d+)?([a-z_0-9]*)$/i.exec(name.trim());
  if (match === null) return undefined;
  const [, letters = '', premium = '', digits = '', rest = ''] = match;
  const number = Number(digits);
  const version = Number(/_v(\d+)$/i.exec(rest)?.[1] ?? '1');
  const base = letters.toUpperCase();
  // D and DS up to version 2, A and G in their first: a table. All others say their cores.
  const table = version <= (base === 'D' ? 2 : 1) ? numberedByFamily[base] : undefined;
  return {
    name: name.trim(),
    family: table === undefined ? `${base}${premium.toUpperCase()}` : base,
    vcpus: table?.[number] ?? number,
    gpu: base.startsWith('N'),
  };
}

/** What miners order: GPUs, or many cores. */
export const isLarge = (size: MachineSize): boolean => size.gpu || size.vcpus >= largeFrom;
