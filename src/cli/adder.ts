import type { Command } from 'commander';

/** Adds a command by its name and arguments, and says what it does. */
type Add = (name: string, description: string) => Command;

/** Adds commands below another, with the option that all of them have. */
export const adder =
  (parent: Command): Add =>
  (name, description) =>
    parent.command(name).description(description).option('--json', 'print structured content');

/** The same for those that a person may have to prove who they are for. */
export const provenAdder =
  (parent: Command): Add =>
  (name, description) =>
    adder(parent)(name, description).option('--passphrase-stdin', 'read the passphrase from standard input');
