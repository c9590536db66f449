// `template.yaml` as CloudFormation reads it.

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const FILE = new URL('../../../template.yaml', import.meta.url);

/** A YAML tag for the short form of an intrinsic function, such as `!Ref`. */
const short = (name, kind) => ({
  tag: `!${name}`,
  collection: kind === 'seq' ? 'seq' : undefined,
  resolve: (node) => ({ call: name, given: kind === 'seq' ? node.toJSON() : node }),
});

const TAGS = ['Ref', 'Sub', 'If', 'Equals', 'Not', 'And', 'Or', 'Condition', 'GetAtt', 'Contains'];
const customTags = TAGS.flatMap((name) => [short(name), short(name, 'seq')]);

/** The template with values for its parameters. Parameters that are not given have their defaults. */
export class Template {
  constructor(given = {}) {
    const { Parameters, ...document } = parse(readFileSync(FILE, 'utf8'), { customTags });
    const defaults = Object.entries(Parameters).map(([name, { Default }]) => [name, `${Default ?? ''}`]);
    this.document = document;
    this.parameters = { 'AWS::StackName': 'walks', 'AWS::Region': 'eu-west-1', ...Object.fromEntries(defaults), ...given };
  }

  /** Returns the environment variables of the functions that are set. */
  variables() {
    const { Variables } = this.document.Globals.Function.Environment;
    const all = Object.entries(Variables).map(([name, value]) => [name, this.#value(value)]);
    return Object.fromEntries(all.filter(([, value]) => value !== undefined));
  }

  /** Returns the gateway's routes, each with its key and the crate of its function. */
  routes() {
    const { Resources } = this.document;
    const routes = Object.values(Resources).filter(
      ({ Type, Condition }) => Type === 'AWS::ApiGatewayV2::Route' && (!Condition || this.#condition(Condition)),
    );
    return routes.map(({ Properties }) => {
      const integration = this.#value(Properties.Target).match(/^integrations\/\$\{(\w+)\}$/)[1];
      const name = this.#value(Resources[integration].Properties.IntegrationUri).replace(/\.Arn$/, '');
      return { key: this.#value(Properties.RouteKey), function: Resources[name].Properties.CodeUri.replace('functions/', '') };
    });
  }

  /** Returns the table's properties for DynamoDB's `CreateTable`. */
  table() {
    const { Properties } = this.document.Resources.Table;
    const { BillingMode, AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, StreamSpecification } = Properties;
    return {
      TableName: this.#value(Properties.TableName),
      ...{ BillingMode, AttributeDefinitions, KeySchema, GlobalSecondaryIndexes },
      StreamSpecification: { StreamEnabled: true, ...StreamSpecification },
    };
  }

  #condition(name) {
    return this.#holds(this.document.Conditions[name]);
  }

  #holds({ call, given }) {
    switch (call) {
      case 'Equals':
        return this.#value(given[0]) === this.#value(given[1]);
      case 'Not':
        return !this.#holds(given[0]);
      case 'And':
        return given.every((part) => this.#holds(part));
      case 'Or':
        return given.some((part) => this.#holds(part));
      case 'Condition':
        return this.#condition(given);
      default:
        throw new Error(`unsupported !${call} in a condition`);
    }
  }

  /** Returns the value of a node, or `undefined` for `AWS::NoValue`. A resource has its name as its value. */
  #value(node) {
    if (typeof node !== 'object') return node;
    const { call, given } = node;
    switch (call) {
      case 'Ref':
        return given === 'AWS::NoValue' ? undefined : (this.parameters[given] ?? given);
      case 'If':
        return this.#value(this.#condition(given[0]) ? given[1] : given[2]);
      case 'Sub':
        return given.replace(/\$\{([\w:]+)\}/g, (whole, name) => this.parameters[name] ?? whole);
      case 'GetAtt':
        return given;
      default:
        throw new Error(`unsupported !${call} in a value`);
    }
  }
}
