// Which hanging protocols did the reader make? A list in the order in which they are tried, kept in the browser.
import { recallJson, remember } from '../../state/remembered';
import { areProtocols, MAX_PROTOCOLS, type Protocol } from '../model/protocols';

class Protocols {
  list = $state.raw<readonly Protocol[]>(recallJson('protocols', areProtocols, []));

  private keep(list: readonly Protocol[]): void {
    this.list = list;
    remember('protocols', list);
  }

  /** Put a protocol before all others: the newest choice wins. */
  add(protocol: Protocol): void {
    this.keep([protocol, ...this.list].slice(0, MAX_PROTOCOLS));
  }

  change(index: number, change: Partial<Protocol>): void {
    this.keep(this.list.map((one, at) => (at === index ? { ...one, ...change } : one)));
  }

  remove(index: number): void {
    this.keep(this.list.filter((_, at) => at !== index));
  }

  move(index: number, by: 1 | -1): void {
    const list = [...this.list];
    list.splice(index + by, 0, ...list.splice(index, 1));
    this.keep(list);
  }
}

export const protocols = new Protocols();
