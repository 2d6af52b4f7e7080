/** Echo, solved. */
export default class Echo {
  async echo(text: string): Promise<string> {
    return text;
  }
}
