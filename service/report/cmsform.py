"""A CMS signature has one way to be written; anything else inside it is a change.

- The cryptographic check covers the signed attributes and the certificate's own body. Version numbers,
  algorithm lists, identifiers and lengths around them are not signed; here they are rebuilt from the
  signed values and compared byte for byte, so a flipped bit in them is found.
- Only one signature per container, no embedded root, no unsigned attribute but a signature time stamp.
"""

from __future__ import annotations

from asn1crypto import cms, x509

ALLOWED_DIGESTS = ("sha256", "sha384", "sha512")
_TIME_STAMP = "signature_time_stamp_token"


def problems(der: bytes) -> list[str]:
    """Return in Chinese what is unusual about the container `der`; nothing means canonical.

    Raises:
        ValueError: it cannot be parsed at all (also as TypeError or KeyError by the parser).
    """
    container = cms.ContentInfo.load(der, strict=True)
    if container["content_type"].native != "signed_data":
        return ["签名容器不是 SignedData"]
    data = container["content"]
    if len(data["signer_infos"]) != 1:
        return ["签名容器应只含一个签名"]
    info = data["signer_infos"][0]
    if info["digest_algorithm"]["algorithm"].native not in ALLOWED_DIGESTS:
        return [f"摘要算法不被接受：{info['digest_algorithm']['algorithm'].native}"]
    certificates = [choice.chosen for choice in data["certificates"]]
    signer = _signer_certificate(info, certificates)
    if signer is None:
        return ["签名容器里没有签名人的证书"]
    found = _certificate_problems(certificates)
    if _rebuilt(info, certificates, signer) != der:
        found.append("签名容器与其唯一写法不一致（未签部分被改动）")
    return found


def der_length(padded: bytes) -> int:
    """Return how many bytes the DER value at the start of `padded` takes.

    Raises:
        ValueError: there is no SEQUENCE with a definite length that fits.
    """
    if len(padded) < 2 or padded[0] != 0x30:
        raise ValueError("not a DER sequence")
    first = padded[1]
    count = first & 0x7F if first & 0x80 else 0
    if first == 0x80 or count > 4 or len(padded) < 2 + count:
        raise ValueError("no definite length")
    body = int.from_bytes(padded[2 : 2 + count], "big") if count else first
    total = 2 + count + body
    if total > len(padded):
        raise ValueError("length runs past the end")
    return total


def _signer_certificate(
    info: cms.SignerInfo, certificates: list[x509.Certificate]
) -> x509.Certificate | None:
    sid = info["sid"].chosen
    if not isinstance(sid, cms.IssuerAndSerialNumber):
        return None
    for certificate in certificates:
        same_issuer = certificate.issuer == sid["issuer"]
        if same_issuer and certificate.serial_number == sid["serial_number"].native:
            return certificate
    return None


def _certificate_problems(certificates: list[x509.Certificate]) -> list[str]:
    found = []
    for certificate in certificates:
        if certificate["signature_algorithm"].dump() != certificate["tbs_certificate"]["signature"].dump():
            found.append("证书外层算法与内层不一致")
        if certificate.self_issued:
            found.append("签名容器里带有根证书")
    return found


def _rebuilt(info: cms.SignerInfo, certificates: list[x509.Certificate], signer: x509.Certificate) -> bytes:
    """Return the container written anew from the values that are signed or checked elsewhere."""
    digest = cms.DigestAlgorithm({"algorithm": info["digest_algorithm"]["algorithm"].native})
    fresh = {
        "version": "v1",
        "sid": {
            "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                {"issuer": signer.issuer, "serial_number": signer.serial_number}
            )
        },
        "digest_algorithm": digest,
        "signed_attrs": cms.CMSAttributes.load(info["signed_attrs"].untag().dump()),
        "signature_algorithm": _signature_algorithm(info),
        "signature": info["signature"].native,
    }
    unsigned = info["unsigned_attrs"]
    if len(unsigned) == 1 and unsigned[0]["type"].native == _TIME_STAMP:
        fresh["unsigned_attrs"] = cms.CMSAttributes.load(unsigned.untag().dump())
    data = cms.SignedData({
        "version": "v1",
        "digest_algorithms": cms.DigestAlgorithms((digest,)),
        "encap_content_info": {"content_type": "data"},
        "certificates": certificates,
        "signer_infos": [fresh],
    })  # fmt: skip
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": data}).dump())


def _signature_algorithm(info: cms.SignerInfo) -> cms.SignedDigestAlgorithm:
    """Return the algorithm as signers here write it; parameters only where the algorithm needs them."""
    written = info["signature_algorithm"]
    name = written["algorithm"].native
    if name.endswith("_ecdsa"):
        return cms.SignedDigestAlgorithm({"algorithm": name})
    return cms.SignedDigestAlgorithm.load(written.dump())
