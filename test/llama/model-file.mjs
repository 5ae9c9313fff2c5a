import { writeFileSync } from 'node:fs';

/** Key-value types and the one tensor type of GGUF v3 that are used here. */
const U32 = 4;
const F32 = 6;
const BOOL = 7;
const STRING = 8;
const ARRAY = 9;
const I32 = 5;
const ALIGNMENT = 32;

const TEMPLATE =
  "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

/** Bytes that are put together one after the other. */
function writer() {
  const parts = [];
  let size = 0;
  const add = (bytes) => {
    parts.push(bytes);
    size += bytes.length;
  };
  const number = (bytes, put) => {
    const buffer = Buffer.alloc(bytes);
    put(buffer);
    add(buffer);
  };
  const self = {
    u32: (value) => number(4, (b) => b.writeUInt32LE(value)),
    i32: (value) => number(4, (b) => b.writeInt32LE(value)),
    f32: (value) => number(4, (b) => b.writeFloatLE(value)),
    u64: (value) => number(8, (b) => b.writeBigUInt64LE(BigInt(value))),
    bool: (value) => number(1, (b) => b.writeUInt8(value ? 1 : 0)),
    string(text) {
      const bytes = Buffer.from(text);
      self.u64(bytes.length);
      add(bytes);
    },
    raw: add,
    pad: () => add(Buffer.alloc((ALIGNMENT - (size % ALIGNMENT)) % ALIGNMENT)),
    bytes: () => Buffer.concat(parts),
  };
  return self;
}

/** The vocabulary: bytes, ASCII, the chat's marks, and whatever texts a test adds. Ends with what is added. */
export function vocabulary(extras) {
  const rows = [
    ['<unk>', 2],
    ['<s>', 3],
    ['</s>', 3],
  ];
  for (let byte = 0; byte < 256; byte++)
    rows.push([`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`, 6]);
  rows.push(['<|im_start|>', 3], ['<|im_end|>', 3], ['\u2581', 1]);
  for (let code = 0x21; code <= 0x7e; code++) rows.push([String.fromCharCode(code), 1]);
  for (const text of extras) rows.push([text, 4]);
  const ids = new Map(rows.map(([text], id) => [text, id]));
  // Two of the same would end the process that loads them.
  if (ids.size !== rows.length) throw new Error('a token occurs twice');
  return { rows, ids };
}

/** Writes a llama model: sizes, vocabulary and tensors, each by its name as rows of numbers. */
function write(file, { rows, ids }, sizes, tensors) {
  const { embedding, forward, layers, heads, kvHeads, context, freqBase } = sizes;
  const w = writer();
  const entries = [
    ['general.architecture', STRING, 'llama'],
    ['general.name', STRING, sizes.name],
    ['general.file_type', U32, 0],
    ['llama.context_length', U32, context],
    ['llama.embedding_length', U32, embedding],
    ['llama.block_count', U32, layers],
    ['llama.feed_forward_length', U32, forward],
    ['llama.attention.head_count', U32, heads],
    ['llama.attention.head_count_kv', U32, kvHeads],
    ['llama.rope.dimension_count', U32, embedding / heads],
    ['llama.vocab_size', U32, rows.length],
    ['llama.attention.layer_norm_rms_epsilon', F32, 1e-5],
    ['llama.rope.freq_base', F32, freqBase],
    ['tokenizer.ggml.model', STRING, 'llama'],
    ['tokenizer.ggml.tokens', ARRAY, [STRING, rows.map(([text]) => text)]],
    ['tokenizer.ggml.scores', ARRAY, [F32, rows.map(([, type]) => (type === 1 ? -1 : 0))]],
    ['tokenizer.ggml.token_type', ARRAY, [I32, rows.map(([, type]) => type)]],
    ['tokenizer.ggml.bos_token_id', U32, 1],
    ['tokenizer.ggml.eos_token_id', U32, ids.get('<|im_end|>')],
    ['tokenizer.ggml.unknown_token_id', U32, 0],
    ['tokenizer.ggml.add_bos_token', BOOL, true],
    ['tokenizer.ggml.add_eos_token', BOOL, false],
    ['tokenizer.ggml.add_space_prefix', BOOL, false],
    ['tokenizer.chat_template', STRING, TEMPLATE],
  ];
  w.raw(Buffer.from('GGUF'));
  w.u32(3);
  w.u64(tensors.length);
  w.u64(entries.length);
  const value = {
    [U32]: w.u32,
    [I32]: w.i32,
    [F32]: w.f32,
    [BOOL]: w.bool,
    [STRING]: w.string,
    [ARRAY]([type, items]) {
      w.u32(type);
      w.u64(items.length);
      for (const item of items) value[type](item);
    },
  };
  for (const [key, type, content] of entries) {
    w.string(key);
    w.u32(type);
    value[type](content);
  }
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    w.string(name);
    w.u32(shape.length);
    for (const size of shape) w.u64(size);
    w.u32(0);
    w.u64(offset);
    offset += Math.ceil((data.length * 4) / ALIGNMENT) * ALIGNMENT;
  }
  w.pad();
  for (const { data } of tensors) {
    w.raw(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    w.pad();
  }
  writeFileSync(file, w.bytes());
}

/** Numbers that depend on the seed alone (mulberry32), and normally distributed ones from them. */
function dice(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

const filled = (size, make) => Float32Array.from({ length: size }, (_, index) => make(index));
const ones = (size) => new Float32Array(size).fill(1);

/**
 * A model of random weights that is tame: no byte tokens, and a liking for what ends a string or an object, so that
 * under a grammar nearly all that it says is whole. `words` are said as often as letters are; `liking` is by token.
 */
export function writeRandomModel(file, seed, words = [], liking = {}) {
  const [embedding, forward, kv, layers] = [64, 128, 32, 2];
  const vocab = vocabulary(words);
  const normal = dice(seed);
  const sigma = 1 / Math.sqrt(embedding);
  const matrix = (name, input, output, make = () => normal() * sigma) => ({
    name,
    shape: [input, output],
    data: filled(input * output, make),
  });
  const norm = (name) => ({ name, shape: [embedding], data: ones(embedding) });
  // Row 0 of what is added to the stream is zero, so that dimension 0 stays a constant: output[t][0] is a bias.
  const keeping = (name, input) =>
    matrix(name, input, embedding, (index) => (index < input ? 0 : normal() * sigma));
  const bias = ([text, type]) =>
    liking[text] ?? (type === 6 ? -1000 : text === '"' ? 6 : text === '}' ? 3 : 0);
  const tensors = [
    matrix('token_embd.weight', embedding, vocab.rows.length, (i) => (i % embedding === 0 ? 1 : normal())),
    matrix('output.weight', embedding, vocab.rows.length, (i) =>
      i % embedding === 0 ? bias(vocab.rows[i / embedding]) : normal() * sigma,
    ),
    norm('output_norm.weight'),
  ];
  for (let layer = 0; layer < layers; layer++) {
    const name = (part) => `blk.${layer}.${part}.weight`;
    tensors.push(
      norm(name('attn_norm')),
      norm(name('ffn_norm')),
      matrix(name('attn_q'), embedding, embedding),
      matrix(name('attn_k'), embedding, kv),
      matrix(name('attn_v'), embedding, kv),
      keeping(name('attn_output'), embedding),
      matrix(name('ffn_gate'), embedding, forward),
      matrix(name('ffn_up'), embedding, forward),
      keeping(name('ffn_down'), forward),
    );
  }
  const sizes = {
    name: `random ${seed}`,
    embedding,
    forward,
    layers,
    heads: 4,
    kvHeads: 2,
    context: 32768,
    freqBase: 10000,
  };
  write(file, vocab, sizes, tensors);
}

/**
 * A model that plays a script. Each step is a list of texts: those that may be said, the ones wanted most first; a
 * grammar leaves out what is not legal. The last text of a step is its mark: it must stand nowhere else, and when it
 * has been said the next step begins. What is none of the script is never said; after the last step it ends its turn.
 */
export function writeScriptedModel(file, steps) {
  const marks = steps.map((texts) => texts.at(-1));
  const vocab = vocabulary([...new Set(steps.flat())]);
  const count = steps.length;
  // One dimension for the constant, one for each mark, one for each mark that was seen last; one head of half that.
  const embedding = Math.ceil((2 * count + 2) / 64) * 64;
  const [forward, head] = [64, embedding];
  const [seen, last] = [(k) => 1 + k, (k) => 1 + count + k];
  const cells = (input, output, entries) => {
    const data = new Float32Array(input * output);
    for (const [row, column, value] of entries) data[row * input + column] = value;
    return data;
  };
  const matrix = (name, input, output, entries) => ({
    name,
    shape: [input, output],
    data: cells(input, output, entries),
  });
  const tokens = vocab.rows.length;
  const embeddings = vocab.rows.map((_, id) => [id, 0, 1]);
  marks.forEach((mark, k) => embeddings.push([vocab.ids.get(mark), seen(k), 1]));
  // The constant says that nothing was seen: the first step; each mark seen last outweighs it.
  const output = [];
  const favour = (texts, column, weight) =>
    texts.forEach((text, place) => output.push([vocab.ids.get(text), column, weight * (1 - place * 0.1)]));
  for (let id = 0; id < tokens; id++) output.push([id, 0, -1]);
  const end = '<|im_end|>';
  favour([...(steps[0] ?? []), end], 0, 10);
  steps.forEach((_, k) => favour([...(steps[k + 1] ?? []), end], last(k), 40));
  const pair = head - 2;
  const tensors = [
    matrix('token_embd.weight', embedding, tokens, embeddings),
    matrix('output.weight', embedding, tokens, output),
    { name: 'output_norm.weight', shape: [embedding], data: ones(embedding) },
    { name: 'blk.0.attn_norm.weight', shape: [embedding], data: ones(embedding) },
    { name: 'blk.0.ffn_norm.weight', shape: [embedding], data: ones(embedding) },
    matrix('blk.0.attn_q.weight', embedding, head, [[pair, 0, 30]]),
    matrix(
      'blk.0.attn_k.weight',
      embedding,
      head,
      marks.map((_, k) => [pair, seen(k), 5 * (k + 1)]),
    ),
    matrix(
      'blk.0.attn_v.weight',
      embedding,
      head,
      marks.map((_, k) => [k, seen(k), 1]),
    ),
    matrix(
      'blk.0.attn_output.weight',
      head,
      embedding,
      marks.map((_, k) => [last(k), k, 4]),
    ),
    matrix('blk.0.ffn_gate.weight', embedding, forward, []),
    matrix('blk.0.ffn_up.weight', embedding, forward, []),
    matrix('blk.0.ffn_down.weight', forward, embedding, []),
  ];
  const sizes = {
    name: 'scripted',
    embedding,
    forward,
    layers: 1,
    heads: 1,
    kvHeads: 1,
    context: 65536,
    freqBase: 1e10,
  };
  write(file, vocab, sizes, tensors);
}
