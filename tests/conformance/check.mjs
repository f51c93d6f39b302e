// An independent oracle: recomputes every accepted vector with nothing but Node, from JSON.parse and its own
// ordering of names. `node check.mjs` prints one line a mistake and a count; the exit code is 1 for a mistake.
import { createHash, createPublicKey, verify } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(process.argv[2] ?? dirname(fileURLToPath(import.meta.url)), "accepted");
const sha256 = (data) => createHash("sha256").update(data).digest("hex");
const read = (data) => JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data));

// RFC 8785: JavaScript compares text by UTF-16 code units and writes numbers and text as the RFC demands.
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const names = Object.keys(value).sort((a, b) => (a < b ? -1 : 1));
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

// The OpenSSH fingerprint: the key's blob is its names and its point, each with its length (RFC 4253, RFC 5656).
function fingerprint(key) {
  const der = key.export({ type: "spki", format: "der" });
  const parts = key.asymmetricKeyType === "ec"
    ? ["ecdsa-sha2-nistp256", "nistp256", der.subarray(-65)]
    : ["ssh-ed25519", der.subarray(-32)];
  const framed = parts.map((part) => Buffer.from(part)).flatMap((part) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    return [length, part];
  });
  const digest = createHash("sha256").update(Buffer.concat(framed)).digest("base64");
  return `SHA256:${digest.replace(/=+$/, "")}`;
}

// DSSE v1: what is signed is the payload with its type, each with its length.
function opened(envelope, pem) {
  const payload = Buffer.from(envelope.payload, "base64");
  const type = envelope.payloadType;
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `;
  const key = createPublicKey(pem);
  const hash = key.asymmetricKeyType === "ec" ? "sha256" : null;
  const [{ sig, keyid }] = envelope.signatures;
  if (!verify(hash, Buffer.concat([Buffer.from(head), payload]), key, Buffer.from(sig, "base64"))) throw Error("signature");
  if (keyid !== fingerprint(key)) throw Error("keyid");
  return payload;
}

// The payload of a case: what its digest is taken of.
function payload(kind, inputs) {
  if (kind === "chain") {
    inputs.reduce((previous, data) => {
      if (read(data).predicate.chain.previous?.sha256 !== previous) throw Error("chain");
      return sha256(data);
    }, undefined);
    return inputs.at(-1);
  }
  if (kind === "bundle") return opened(read(inputs[0]).dsseEnvelope, inputs[1]);
  return kind === "envelope" ? opened(read(inputs[0]), inputs[1]) : Buffer.from(canonical(read(inputs[0])));
}

function check(folder) {
  const about = read(readFileSync(join(folder, "case.json")));
  const inputs = about.inputs.map((name) => readFileSync(join(folder, name)));
  const form = readFileSync(join(folder, about.canonical));
  const data = payload(about.kind, inputs);
  if (!form.equals(Buffer.from(canonical(read(form))))) throw Error("canonical form");
  if (["json", "canonical", "statement"].includes(about.kind) && !form.equals(data)) throw Error("form of the input");
  if (sha256(data) !== about.digest) throw Error("digest");
  const { candidate, candidateDigest } = read(data)?.predicate ?? {};
  if (candidate && candidateDigest && sha256(canonical(candidate)) !== candidateDigest.sha256) throw Error("candidateDigest");
}

const names = readdirSync(root).sort();
const wrong = names.filter((name) => {
  try { check(join(root, name)); } catch (cause) { console.log(`${name}: ${cause.message}`); return true; }
});
console.log(`${names.length - wrong.length} of ${names.length} accepted vectors recomputed`);
process.exit(wrong.length || !names.length ? 1 : 0);
