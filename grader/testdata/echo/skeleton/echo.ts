/** Echo, yours to build. */
export default class Echo {
  /** Resolves to the text it was given. */
  async echo(text: string): Promise<string> {
    // TODO(A): the text.
    void text;
    return '';
  }
}
