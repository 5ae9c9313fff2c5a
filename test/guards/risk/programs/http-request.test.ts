import { describe, expect, it } from 'vitest';
import { judgeRequest } from '../../../../src/guards/risk/programs/http-request.ts';
import { loadHttpRules, parseHttpRules } from '../../../../src/registry/http.ts';

const rules = loadHttpRules('registry');

/** The rule that speaks of a request written as `METHOD URL BODY`. */
function speaks(request: string): string | undefined {
  const [, method = '', url = '', body] = /^(\S+) (\S+)(?: (.*))?$/s.exec(request) ?? [];
  const all = rules.map((rule) => (rule.level === 'SAFE' ? { ...rule, level: 'LOW' as const } : rule));
  return judgeRequest(method, url, body ?? null, all)?.rule;
}

describe('the rules of http.yaml', () => {
  for (const rule of rules) {
    it.each(rule.match)(`${rule.id} speaks of %s`, (request) => expect(speaks(request)).toBe(rule.id));
    it.each(rule.not_match)(`${rule.id} is silent on %s`, (request) =>
      expect(speaks(request)).not.toBe(rule.id),
    );
  }
});

describe('judgeRequest', () => {
  const level = (method: string, url: string, body: string | null = null): string | undefined =>
    judgeRequest(method, url, body, rules)?.level;

  it('finds nothing in what only reads', () => {
    for (const url of ['http://a.b', 'http://a.b/delete', 'a.b/x?y=1', ':9200/_cat/indices?v', ''])
      for (const method of ['GET', 'get', 'HEAD', 'OPTIONS'])
        expect(judgeRequest(method, url, null, rules)).toBeNull();
    expect(judgeRequest('POST', 'http://a.b/i/_search', '{}', rules)).toBeNull();
  });

  it('grades a deletion by how much it takes', () => {
    expect(level('DELETE', 'http://a.b/x/certificates/1')).toBe('HIGH');
    expect(level('DELETE', 'http://a.b:9200/orders')).toBe('CRITICAL');
    expect(level('DELETE', 'http://a.b:9200/orders,_all')).toBe('DESTRUCTIVE');
    expect(level('DELETE', 'http://a.b:9200')).toBe('DESTRUCTIVE');
  });

  it('sees through user names, missing schemes, missing hosts and percent signs', () => {
    for (const url of ['https://u:p@a.b/%5fall', 'a.b/_all', ':9200/_all', 'http://a.b/_all#x'])
      expect(level('DELETE', url)).toBe('DESTRUCTIVE');
  });

  it('does not take a known body for an unknown one', () => {
    expect(level('POST', 'http://a.b/graphql')).toBe('MEDIUM');
    expect(level('POST', 'http://a.b/graphql', 'mutation { deleteUser(id: 1) { id } }')).toBe('HIGH');
  });

  it('refuses two rules of one name and says where a file is wrong', () => {
    const rule =
      '{ id: a, reason: It deletes it., effect: cloud_loss, level: HIGH, match: [DELETE a], not_match: [GET a] }';
    expect(parseHttpRules(`- ${rule}`, 'h.yaml')).toHaveLength(1);
    expect(() => parseHttpRules(`- ${rule}\n- ${rule}`, 'h.yaml')).toThrow(/same id/);
    expect(() => parseHttpRules(`- ${rule.replace('HIGH', 'BAD')}`, 'h.yaml')).toThrow(/h\.yaml:1/);
  });
});
