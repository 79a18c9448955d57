"""Nanopublications of claims: the `nanopub` package finds their structure, trusty URIs and signatures right."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from kclod import dumps
from kclod.cli import main
from kclod.release import Release, publish
from tests.test_dumps import BASE, P, some_site

CHECK = r"""
import json, sys, warnings
warnings.simplefilter("ignore")
import rdflib
from nanopub import Nanopub
NP = "http://www.nanopub.org/nschema#"
whole = rdflib.Dataset()
whole.parse(sys.argv[1], format="trig")
found = {}
for np in whole.quads((None, rdflib.RDF.type, rdflib.URIRef(NP + "Nanopublication"), None)):
    one = rdflib.ConjunctiveGraph()
    for s, p, o, g in whole.quads((None, None, None, None)):
        if str(g).startswith(str(np[0]) + "#"):
            one.get_context(g).add((s, p, o))
    read = Nanopub(rdf=one)
    read._source_uri = str(np[0])
    try:
        found[str(np[0])] = [read.is_valid, read.has_valid_trusty]
        if "signed" in sys.argv:
            found[str(np[0])].append(read.has_valid_signature)
    except Exception as error:
        found[str(np[0])] = [type(error).__name__, str(error)]
json.dump(found, sys.stdout)
"""
DATA = f"""
@prefix : <{P}> . @prefix id: <{BASE}id/> . @prefix prov: <http://www.w3.org/ns/prov#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
GRAPH <{BASE}claim/1> {{
  id:a :height 1.00 ; :name "Alpha \\\\ \\n \\"x\\""@en-GB , "등대"@ko , "Alpha" , "Alpha"@en ;
    :part [ :made "1899" ] .
  id:ab :kin id:a , id:a-b .
}}
GRAPH <{BASE}claim/2> {{ id:a :height 2 . }}
GRAPH <{BASE}claim/unsaid> {{ id:a :height 3 . }}
GRAPH <{BASE}graph/provenance> {{
  <{BASE}claim/1> a :Claim ; rdfs:label "Alpha"@en ; prov:wasDerivedFrom <{BASE}claim/1#e> .
  <{BASE}claim/1#e> :start 3 . <{BASE}claim/2> :mode :hedged . <{BASE}claim/1-other> :not :this .
}}
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Release:
    quads = list(ox.parse(DATA, ox.RdfFormat.TRIG))
    return publish(tmp_path_factory.mktemp("np"), some_site(), quads, inputs={}, stages={})


def checked(path: Path, *more: str) -> dict[str, list[object]]:
    command, nowhere = [sys.executable, "-c", CHECK, path, *more], os.environ | {"HOME": "/nonexistent"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=nowhere)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, list[object]] = json.loads(done.stdout)
    return found


def test_they_are_valid(small: Release, tmp_path: Path) -> None:
    made, left_out = dumps.write_nanopubs(small, tmp_path / "np.trig")
    assert (made, left_out) == (2, [f"{BASE}claim/unsaid"])
    found = checked(tmp_path / "np.trig")
    assert len(found) == 2
    assert all(name.startswith(f"{BASE}np/RA") for name in found)
    assert list(found.values()) == [[True, True]] * 2


def test_what_they_hold(small: Release, tmp_path: Path) -> None:
    dumps.write_nanopubs(small, tmp_path / "np.trig")
    quads = list(ox.parse(path=tmp_path / "np.trig"))
    (np,) = {q.subject.value for q in quads if q.object == ox.NamedNode(f"{BASE}claim/1") and "isVersionOf" in str(q)}
    graphs: dict[str, list[ox.Triple]] = {"assertion": [], "provenance": []}
    for quad in quads:
        name = quad.graph_name.value.removeprefix(f"{np}#")
        graphs.setdefault(name, []).append(quad.triple)
    said = {q.triple for q in ox.parse(DATA, ox.RdfFormat.TRIG) if q.graph_name == ox.NamedNode(f"{BASE}claim/1")}
    assert len(graphs["assertion"]) == len(said)
    assert not any(
        isinstance(t.subject, ox.BlankNode) or isinstance(t.object, ox.BlankNode) for t in graphs["assertion"]
    )
    assert '"1.00"^^<http://www.w3.org/2001/XMLSchema#decimal>' in " ".join(map(str, graphs["assertion"]))
    about = " ".join(map(str, graphs["provenance"]))
    assert f"<{np}#assertion> <http://www.w3.org/ns/prov#wasDerivedFrom> <{BASE}claim/1#e>" in about
    assert f"<{BASE}claim/1#e> <{P}start>" in about
    assert "1-other" not in about


@pytest.mark.parametrize(("old", "new"), [("1.00", "1.0"), ('"등대"@ko', '"등대"@en'), (":start 3", ":start 4")])
def test_another_content_is_another_name(small: Release, tmp_path: Path, old: str, new: str) -> None:
    dumps.write_nanopubs(small, tmp_path / "np.trig")
    text = (tmp_path / "np.trig").read_text("utf-8")
    assert old in text
    (tmp_path / "other.trig").write_text(text.replace(old, new), "utf-8")
    verdicts = list(checked(tmp_path / "other.trig").values())
    assert [True, True] in verdicts
    assert any(verdict[0] == "MalformedNanopubError" for verdict in verdicts)


@pytest.mark.parametrize("form", ["pem", "base64"])
def test_signed_with_a_key_of_the_user(small: Release, tmp_path: Path, form: str) -> None:
    key = rsa.generate_private_key(65537, 2048)
    encoding = serialization.Encoding.PEM if form == "pem" else serialization.Encoding.DER
    data = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "key").write_bytes(data if form == "pem" else base64.b64encode(data))
    arguments = ["export", "nanopubs", str(tmp_path / "np.trig"), "--releases", str(small.path.parent)]
    signing = [
        "--sign",
        str(tmp_path / "key"),
        "--signer",
        "https://signer.example/me",
        "--prefix",
        "https://w3id.org/np/",
    ]
    result = CliRunner().invoke(main, [*arguments, *signing])
    assert result.exit_code == 0, result.output
    assert "2 nanopublications" in result.output
    assert "claim/unsaid" in result.output
    found = checked(tmp_path / "np.trig", "signed")
    assert list(found.values()) == [[True, True, True]] * 2
    forged = (tmp_path / "np.trig").read_text("utf-8").replace("1.00", "1.0")
    (tmp_path / "forged.trig").write_text(forged, "utf-8")
    assert [True, True, True] in (verdicts := list(checked(tmp_path / "forged.trig", "signed").values()))
    assert len([verdict for verdict in verdicts if verdict == [True, True, True]]) == 1


def test_what_cannot_sign_or_name_them(small: Release, tmp_path: Path) -> None:
    def refused(*more: str) -> str:
        command = ["export", "nanopubs", str(tmp_path / "np.trig"), "--releases", str(small.path.parent), *more]
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 2
        assert not (tmp_path / "np.trig").exists()
        return result.output

    (tmp_path / "bad").write_text("no key")
    curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "curve").write_bytes(curve)
    assert "cannot sign" in refused("--sign", str(tmp_path / "bad"))
    assert "no RSA key" in refused("--sign", str(tmp_path / "curve"))
    assert "name a key too" in refused("--signer", "https://signer.example/me")
    assert "no http(s) IRI" in refused("--prefix", "urn:x:")
    assert "does not end in" in refused("--prefix", "https://data.example/np")


def test_the_examples(real_release: Release, tmp_path: Path) -> None:
    """All are made; a tenth of them is read, which takes the package half a minute already."""
    made, left_out = dumps.write_nanopubs(real_release, tmp_path / "np.trig")
    assert (made, left_out) == (real_release.counts.named_graphs - len(real_release.site.graphs), [])
    data = (tmp_path / "np.trig").read_bytes()
    blocks = data.split(b"\n\n@prefix ")
    assert len(blocks) == made
    some = b"\n\n@prefix ".join([b"", *blocks[1::10]]).lstrip(b"\n")
    (tmp_path / "some.trig").write_bytes(some)
    found = checked(tmp_path / "some.trig")
    assert len(found) == len(blocks[1::10])
    assert {tuple(verdict) for verdict in found.values()} == {(True, True)}
