// Verifies one Sigstore bundle with sigstore-js. Reads a JSON object on standard input:
//
//   bundle                the bundle, as text
//   keys                  PEM public keys by hint
//   timestampAuthorities  certificate chains, each a list of PEM certificates, the stamping one first
//   timestamps            how many stamps there must be
//
// Prints {"accepted": true}, or {"accepted": false, "reason": ...}; leaves with 0 either way. Any other exit
// code means that nothing was judged.

import { createPublicKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';

const base64 = (bytes) => Buffer.from(bytes).toString('base64');

function trustMaterial(question) {
  const root = TrustedRoot.fromJSON({
    mediaType: 'application/vnd.dev.sigstore.trustedroot.v0.2+json',
    timestampAuthorities: question.timestampAuthorities.map((chain) => ({
      certChain: { certificates: chain.map((pem) => ({ rawBytes: base64(new X509Certificate(pem).raw) })) },
      validFor: { start: '2000-01-01T00:00:00Z' },
    })),
  });
  const keys = Object.entries(question.keys).map(([hint, pem]) => {
    const rawBytes = createPublicKey(pem).export({ type: 'spki', format: 'der' });
    return [hint, { rawBytes, validFor: { start: new Date(0) } }];
  });
  return toTrustMaterial(root, Object.fromEntries(keys));
}

function judge(question, material) {
  try {
    const verifier = new Verifier(material, { tlogThreshold: 0, timestampThreshold: question.timestamps });
    verifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(question.bundle))));
    return { accepted: true };
  } catch (error) {
    return { accepted: false, reason: `${error.code ?? error.name}: ${error.message}` };
  }
}

const question = JSON.parse(readFileSync(0, 'utf8'));
console.log(JSON.stringify(judge(question, trustMaterial(question))));
