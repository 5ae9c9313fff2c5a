export async function tour(): Promise<void> {}
