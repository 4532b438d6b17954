/** An address of others that a person may follow: a web page or a file, never a script. */
export function safeLink(text: string): string | undefined {
  try {
    const url = new URL(text);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/** A template of the installation's settings with the job's id in it. */
export function linkFor(template: string | undefined, jobId: string): string | undefined {
  if (template === undefined) return undefined;
  return safeLink(template.replaceAll('{jobId}', encodeURIComponent(jobId)).replaceAll('{traceId}', ''));
}
