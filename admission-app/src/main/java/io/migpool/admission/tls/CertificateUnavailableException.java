package io.migpool.admission.tls;

/** There is no certificate to serve at the moment; the message says what is missing where, and what to do. */
final class CertificateUnavailableException extends Exception {
    private static final long serialVersionUID = 1L;

    CertificateUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }

    CertificateUnavailableException(String message) {
        super(message);
    }
}
