import { ApiError } from '../kit/api-error.ts';
import type { Message } from '../kit/protos.ts';

/** `current` with the fields that the mask names taken from `wanted`; `a.b` reaches into a message. */
export function maskedUpdate<T extends Message>(
  current: T,
  wanted: Message,
  paths: readonly string[],
  changeable: readonly string[],
): T {
  if (paths.length === 0) throw new ApiError(400, 'The update_mask in the request must be set and not empty.');
  return paths.reduce((changed, path) => {
    const [field = '', inner] = path.split('.');
    if (!changeable.includes(field)) throw new ApiError(400, `Invalid update_mask: ${path} cannot be changed.`);
    const name = camel(field);
    return { ...changed, [name]: inner ? withInner(changed[name], wanted[name], camel(inner)) : wanted[name] };
  }, current);
}

function withInner(current: unknown, wanted: unknown, field: string): Message {
  return { ...(current as Message | null), [field]: (wanted as Message | null)?.[field] };
}

function camel(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
