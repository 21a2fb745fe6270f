package io.migpool.admission.tls;

/** Where the serving certificate comes from. Called repeatedly, by one thread at a time; must return within seconds. */
interface CertificateSource {

    /**
     * A certificate to serve with.
     *
     * @param known whether the API server has trusted its authority for a while; if not, it may take a moment to accept
     *     the certificate
     */
    record Offer(ServingCertificate certificate, boolean known) {}

    /**
     * Returns the certificate to serve from now on.
     *
     * @throws CertificateUnavailableException if there is none at present; the one in use stays
     */
    Offer load() throws CertificateUnavailableException;
}
