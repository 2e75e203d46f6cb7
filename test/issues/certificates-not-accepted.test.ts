/** Of the codes for a certificate that is not accepted, `neverSent` knew only nine. */
import { classifyFetchError, isFetchFailure, neverSent } from 'holdfast/fetch';
import { expect, it } from 'vitest';

const CODES = [
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_GET_CRL',
  'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
  'UNABLE_TO_DECRYPT_CRL_SIGNATURE',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
  'CERT_NOT_YET_VALID',
  'CERT_HAS_EXPIRED',
  'CERT_CHAIN_TOO_LONG',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'CRL_SIGNATURE_FAILURE',
  'CRL_NOT_YET_VALID',
  'CRL_HAS_EXPIRED',
  'ERROR_IN_CERT_NOT_BEFORE_FIELD',
  'ERROR_IN_CERT_NOT_AFTER_FIELD',
  'ERROR_IN_CRL_LAST_UPDATE_FIELD',
  'ERROR_IN_CRL_NEXT_UPDATE_FIELD',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
];

it.each(CODES)('X3: nothing was sent to a server whose certificate ends in %s', (code) => {
  const error = new TypeError('fetch failed', {
    cause: Object.assign(new Error('no'), { code }),
  });
  expect(neverSent(error)).toBe(true);
  expect(classifyFetchError(error)).toBe('tls');
  expect(isFetchFailure({ kind: 'failure', error })).toBe(false);
});
