package io.migpool.admission.tls;

/** Where the serving certificate comes from. Asked again and again by one thread at a time; must end in seconds. */
interface CertificateSource {

    /**
     * The certificate to serve with from now on.
     *
     * @throws CertificateUnavailableException if there is none now; the one in use stays
     */
    ServingCertificate load() throws CertificateUnavailableException;
}
