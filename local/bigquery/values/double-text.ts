/**
 * A FLOAT64 as BigQuery casts it to STRING: 15 significant digits where they are enough to read the same number back, else 17.
 * `1`, `0.1`, `1e+15`, `1e-07`, `0.30000000000000004`, `nan`, `inf`.
 */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return '0'; // never signed
  const size = Math.abs(value);
  const shortest = String(value);
  // Up to 15 digits the shortest text is the nearest of 15 digits as well, and formatting it once more is what takes time.
  if (size >= 1e-4 && size < 1e15 && shortest.length <= 16) return shortest;
  const short = value.toExponential(14);
  return Number(short) === value ? general(short, 15) : general(seventeenDigits(value), 17);
}

/** A number that lies in the middle of two is written with the even digit, as C does; JavaScript takes the larger one. */
function seventeenDigits(value: number): string {
  const text = value.toExponential(16);
  if (!value.toExponential(17).includes('5e')) return text;
  const [digits = '', exponent = ''] = value.toExponential(100).split('e');
  const [, kept = '', rest = ''] = /^(-?\d\.\d{16})(\d+)$/.exec(digits) ?? [];
  return /^50*$/.test(rest) && Number(kept.at(-1)) % 2 === 0 ? `${kept}e${exponent}` : text;
}

/** C's `%.<precision>g` of a number that is written as `d.ddde±x` already. */
export function general(scientific: string, precision: number): string {
  const [mantissa = '', exponentText = '0'] = scientific.split('e');
  const exponent = Number(exponentText);
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace('-', '').replace('.', '').replace(/0+$/, '') || '0';
  if (exponent < -4 || exponent >= precision) {
    const rest = digits.slice(1);
    const size = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${digits[0]}${rest && `.${rest}`}e${exponent < 0 ? '-' : '+'}${size}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return `${sign}${whole}${fraction && `.${fraction}`}`;
}
