import { Semaphore } from 'async-mutex';

const slots = new Semaphore(4);

export async function upload(file: File, send: (file: File) => Promise<Response>): Promise<boolean> {
  const [, release] = await slots.acquire();
  const response = await send(file);
  if (!response.ok) {
    return false;
  }
  release();
  return true;
}
