"""Texts that hold nothing personal, by kind: what products, logs, catalogues and clients write."""

from __future__ import annotations

import base64
import json
import random
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

Draw = random.Random


def _digits(draw: Draw, count: int) -> str:
    return str(draw.randint(1, 9)) + "".join(draw.choices("0123456789", k=count - 1))


def _hex(draw: Draw, count: int) -> str:
    return "".join(draw.choices("0123456789abcdef", k=count))


def _moment(draw: Draw) -> datetime:
    return datetime(2019, 1, 1) + timedelta(seconds=draw.randint(0, 250_000_000), milliseconds=draw.randint(0, 999))


def _version(draw: Draw, parts: int) -> str:
    return ".".join(str(draw.randint(0, 40)) for _ in range(parts))


def _orders(draw: Draw) -> list[str]:
    return [
        f"ORD-{draw.randint(2019, 2026)}-{_digits(draw, 6)}",
        f"Order #{_digits(draw, 7)} has shipped",
        f"#{_digits(draw, 3)}-{_digits(draw, 7)}-{_digits(draw, 7)}",
        f"INV/{draw.randint(2019, 2026)}/{draw.randint(1, 12):02d}/{draw.randint(1, 9999):04d}",
        f"PO {_digits(draw, 10)}",
        f"Invoice {_digits(draw, 8)} of {draw.randint(1, 28)} March",
        f"Rechnung Nr. {draw.randint(2019, 2026)}-{draw.randint(1, 99999):05d}",
        f"order_{_digits(draw, 12)}",
        f"customer number {_digits(draw, 9)}",
        f"ticket {_digits(draw, 6)}-{_digits(draw, 3)}",
        f"Bestellnummer {_digits(draw, 11)}",
        f"commande n° {_digits(draw, 10)}",
        f"ref {draw.choice('ABCDEFGH')}{_digits(draw, 8)}",
        f"tracking 1Z{_hex(draw, 6).upper()}{_digits(draw, 10)}",
        f"{_digits(draw, 4)}-{_digits(draw, 4)}",
        f"{_digits(draw, 10)}",
        f"{_digits(draw, 12)}",
        f"batch {draw.randint(1, 999):03d}/{draw.randint(1, 999):03d}",
        f"{draw.randint(0, 99999):05d}-{draw.randint(0, 9999999):07d}",
        f"0000{_digits(draw, 6)}",
    ]


def _catalogue(draw: Draw) -> list[str]:
    color, size = draw.choice(("black", "navy", "sand", "Grün")), draw.choice(("S", "M", "XL", "42"))
    letters = "".join(draw.choices("ABCDEFGHJKLMNPQRSTUVWXYZ", k=4))
    return [
        f"SKU-{letters}-{draw.randint(100, 999)}-{size}",
        f"{letters}{_digits(draw, 5)}",
        f"{letters[:2]}-{_digits(draw, 4)}-{letters[2:]}",
        f"Cotton T-shirt, {color}, size {size}, pack of {draw.randint(2, 9)}",
        f"EAN 400{_digits(draw, 10)}",
        f"ISBN 978-3-{_digits(draw, 2)}-{_digits(draw, 6)}-{draw.randint(0, 9)}",
        f"ISBN 0-{_digits(draw, 3)}-{_digits(draw, 5)}-X",
        f"GTIN {_digits(draw, 14)}",
        f"Screws DIN {draw.randint(100, 999)}, M{draw.randint(3, 12)} x {draw.randint(10, 90)} mm, box of 100",
        f'TV 55" 4K, {draw.randint(60, 144)} Hz, {draw.randint(1, 4)} x HDMI {_version(draw, 2)}',
        f"CPU 8-core {draw.randint(2, 5)}.{draw.randint(0, 9)} GHz, 16 GB DDR5-{draw.choice((4800, 5600, 6000))}",
        f"Part no. {_digits(draw, 3)} {_digits(draw, 3)} {_digits(draw, 3)}",
        f"Article {_digits(draw, 2)}.{_digits(draw, 3)}.{_digits(draw, 2)}",
        f"CAS {_digits(draw, 5)}-{_digits(draw, 2)}-{draw.randint(0, 9)}",
        f"IMEI {_digits(draw, 15)}",
        f"Model {letters}-{_digits(draw, 4)}/{draw.randint(10, 99)} ({draw.randint(2015, 2026)})",
        f"{draw.randint(1, 9)} x {draw.randint(100, 900)} g, {draw.randint(20, 80)}% cocoa",
        f"dimensions {draw.randint(10, 99)} x {draw.randint(10, 99)} x {draw.randint(10, 99)} cm",
        f"HS code {_digits(draw, 4)}.{_digits(draw, 2)}.{_digits(draw, 2)}",
        f"Serial {letters}{_digits(draw, 4)}{letters[:1]}{_digits(draw, 6)}",
    ]


def _identifiers(draw: Draw) -> list[str]:
    return [
        str(uuid.UUID(int=draw.getrandbits(128), version=4)),
        str(uuid.UUID(int=draw.getrandbits(128), version=1)).upper(),
        _hex(draw, 32),
        _hex(draw, 40),
        _hex(draw, 64),
        _hex(draw, 24),
        _hex(draw, 7),
        _hex(draw, 9),
        f"sha256:{_hex(draw, 64)}",
        f"cus_{base64.b32encode(draw.randbytes(9)).decode()[:14]}",
        f"evt_1{base64.urlsafe_b64encode(draw.randbytes(18)).decode()}",
        f"msg-{draw.randint(0, 9_999_999):07d}",
        f"user-{draw.randint(0, 9_999_999):07d}",
        f"sess_{_digits(draw, 16)}",
        str(draw.randint(10**17, 2 * 10**18)),
        f"01{base64.b32encode(draw.randbytes(15)).decode()}",
        base64.b64encode(draw.randbytes(30)).decode(),
        f"00-{_hex(draw, 32)}-{_hex(draw, 16)}-01",
        ":".join(_hex(draw, 2) for _ in range(6)),
        ":".join(_hex(draw, 2).upper() for _ in range(20)),
        f"arn:aws:s3:::bucket-{_hex(draw, 6)}/{_digits(draw, 4)}",
        f"#{_hex(draw, 6)}",
        f"rgba({draw.randint(0, 255)}, {draw.randint(0, 255)}, {draw.randint(0, 255)}, 0.{draw.randint(1, 9)})",
    ]


def _times(draw: Draw) -> list[str]:
    at = _moment(draw)
    return [
        at.isoformat(timespec="milliseconds") + "Z",
        at.isoformat() + f"+0{draw.randint(0, 9)}:00",
        at.strftime("%Y-%m-%d %H:%M:%S,") + f"{draw.randint(0, 999):03d}",
        at.strftime("%Y%m%dT%H%M%SZ"),
        at.strftime("%Y%m%d%H%M%S"),
        at.strftime("%Y%m%d"),
        at.strftime("%d.%m.%Y %H:%M"),
        at.strftime("%d/%m/%Y"),
        at.strftime("%m/%d/%Y %I:%M %p"),
        at.strftime("%d-%m-%Y"),
        at.strftime("%Y/%m/%d %H:%M"),
        at.strftime("%d %m %Y"),
        at.strftime("%a, %d %b %Y %H:%M:%S +0000"),
        at.strftime("on %d %B %Y at %H.%M"),
        str(int(at.timestamp())),
        str(int(at.timestamp() * 1000)),
        f"{at.timestamp():.6f}",
        str(int(at.timestamp() * 1_000_000_000)),
        at.strftime("%G-W%V-%u"),
        f"{at:%Y-%m-%d}/{at + timedelta(days=30):%Y-%m-%d}",
        f"from {at:%H:%M:%S} to {at:%H:%M:%S}.{draw.randint(100, 999)}",
        f"P{draw.randint(1, 9)}DT{draw.randint(1, 23)}H{draw.randint(1, 59)}M",
        f"{draw.randint(0, 59)} {draw.randint(0, 23)} * * 1-5",
        f"{at:%d.%m.}-{at:%d.%m.%Y}",
        f"open {draw.randint(7, 10):02d}:00-{draw.randint(16, 20)}:30",
    ]


def _versions(draw: Draw) -> list[str]:
    four = _version(draw, 4)
    return [
        _version(draw, 3),
        f"v{_version(draw, 3)}-rc.{draw.randint(1, 9)}",
        f"version {four}",
        f"v{four}",
        f"Version: {four} (build {_digits(draw, 5)})",
        f"firmware {four} installed",
        f"app_version={four}",
        f"lib-{four}.jar not found",
        f"requests=={_version(draw, 3)}",
        f"tool=={four}",
        f"lodash@{_version(draw, 3)}",
        f"@babel/core@{_version(draw, 3)}-beta.{draw.randint(1, 9)}",
        f"pkg@^{_version(draw, 3)}-next.alpha",
        f"node:{_version(draw, 2)}-alpine@sha256:{_hex(draw, 64)}",
        f"Python {_version(draw, 3)}, GCC {_version(draw, 3)} {_moment(draw):%Y%m%d}",
        f"Chrome/{draw.randint(90, 140)}.0.0.0",
        f"release {_moment(draw):%Y.%m.%d}.{draw.randint(1, 9)}",
        f"iOS {_version(draw, 2)} / Android {draw.randint(8, 16)}",
        f"1.3.6.1.4.1.{draw.randint(1, 9999)}.{draw.randint(1, 99)}.{draw.randint(1, 99)}",
        f"{draw.randint(4, 6)}.{draw.randint(0, 19)}.0-{draw.randint(10, 99)}-generic",
    ]


_PLATFORMS = (
    *(
        "Windows NT 10.0; Win64; x64",
        "Macintosh; Intel Mac OS X 10_15_7",
        "X11; Linux x86_64",
        "iPhone; CPU iPhone OS 17_4_1 like Mac OS X",
    ),
    *("Linux; Android 14; Pixel 8", "Linux; Android 13; SM-S918B", "iPad; CPU OS 16_6 like Mac OS X", "X11; CrOS x86_64 14541.0.0"),
)


def _clients(draw: Draw) -> list[str]:
    number = draw.randint
    chrome, platform = f"{number(90, 140)}.0.{number(4000, 7000)}.{number(1, 250)}", draw.choice(_PLATFORMS)
    return [
        f"Mozilla/5.0 ({platform}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{chrome} Safari/537.36",
        f"Mozilla/5.0 ({platform}) AppleWebKit/537.36 Chrome/{number(90, 140)}.0.0.0 Safari/537.36 Edg/{number(90, 140)}.0.0.0",
        f"Mozilla/5.0 ({platform}; rv:{number(90, 140)}.0) Gecko/20100101 Firefox/{number(90, 140)}.0",
        f"Mozilla/5.0 ({platform}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1",
        f"Teams/{_version(draw, 4)} (desktop)",
        f"okhttp/{_version(draw, 3)}",
        f"curl/{_version(draw, 3)}",
        f"Dalvik/2.1.0 (Linux; U; Android 12; Build/SP1A.{_moment(draw):%y%m%d}.0{number(10, 40)})",
        f"https://example.com/products/{_digits(draw, 8)}?variant={_digits(draw, 14)}",
        f"https://example.com/a/b?page={number(1, 99)}&sort=-price&utm_source=news%20letter&x=%C3%BC",
        f"https://example.com/{_moment(draw):%Y/%m/%d}/a-title-of-words/#section-{_version(draw, 3)}",
        f"/api/v{number(1, 4)}/orders/{_digits(draw, 9)}/lines/{number(1, 20)}",
        f"http://localhost:{number(3000, 9999)}/health",
        "http://127.0.0.1:8080/",
        "listening on 0.0.0.0:5432",
        "listening on [::]:443 and [::1]:5432",
        f"s3://bucket/year={number(2019, 2026)}/month={number(1, 12):02d}/part-{number(0, 99999):05d}-{_hex(draw, 8)}.parquet",
        f"files/{_moment(draw):%Y-%m-%dT%H-%M-%S}.jsonl.gz",
        f"logo@{number(2, 3)}x.png",
        f"{number(320, 2560)}x{number(320, 1600)}@{number(1, 3)}x",
    ]


def _logs(draw: Draw) -> list[str]:
    number = draw.randint
    at = _moment(draw).isoformat(timespec="milliseconds")
    return [
        f"{at} INFO  [main-{number(1, 32)}] c.e.orders.OrderService - stored {_digits(draw, 5)} rows in {number(1, 9999)} ms",
        f"{at} WARN retry {number(1, 5)}/5 after {number(100, 9000)} ms: HTTP 503",
        f'{at} "GET /api/items/{_digits(draw, 6)} HTTP/1.1" 200 {number(100, 99999)} {draw.random():.3f}',
        f'Traceback (most recent call last): File "/app/main.py", line {number(1, 999)}, in run',
        f"java.lang.NullPointerException at com.example.Main.run(Main.java:{number(10, 999)})",
        f"java.lang.Object@{_hex(draw, 8)}",
        f"panic: runtime error: index out of range [{number(1, 99)}] with length {number(1, 99)}, goroutine {number(1, 999)}",
        f"segfault at {_hex(draw, 8)} ip 0000{_hex(draw, 12)} sp 00007ff{_hex(draw, 9)} error 4",
        f"kernel: [{number(1000, 99999)}.{number(100000, 999999)}] usb 1-{number(1, 9)}: new device number {number(1, 99)}",
        f"pid={number(1000, 99999)} uid={number(100, 9999)} mem={_digits(draw, 10)} cpu={draw.random() * 100:.2f}%",
        f"GC pause {draw.random() * 100:.3f}ms, heap {number(100, 999)}M->{number(10, 99)}M({number(1000, 4000)}M)",
        f"ERROR {number(1000, 1999)} ({_digits(draw, 2)}000): Duplicate entry '{_digits(draw, 8)}' for key 'PRIMARY'",
        f"trace_id={_hex(draw, 32)} span_id={_hex(draw, 16)} duration={number(1, 99999)}us",
        f"exit code {number(1, 255)}, signal {number(1, 15)}, 0x{_hex(draw, 8)}",
        f"{number(1, 99)} passed, {number(0, 9)} failed in {draw.random() * 100:.2f}s (0:0{number(0, 9)}:{number(10, 59)})",
        f"Container {_hex(draw, 12)} restarted {number(1, 9)} times, last exit {number(1, 139)}",
        f"offset {_digits(draw, 10)} lag {_digits(draw, 5)} partition {number(0, 63)}",
        f"std::vector<int>::at({number(1, 999)}) dead::beef a[1::{number(2, 9)}] x::int4",
        f"phone app {_version(draw, 3)} crashed {number(1, 999)} times on mobile {draw.choice(('web', 'ios', 'android'))}",
        f"tel service: {number(100, 999)} calls, {number(1, 99)} failed",
    ]


def _numbers(draw: Draw) -> list[str]:
    number = draw.randint
    return [
        str(draw.random()),
        str(draw.random() * 100),
        str(draw.random() * 1e6),
        f"{draw.random():.17f}",
        f"{draw.uniform(-90, 90):.6f}, {draw.uniform(-180, 180):.6f}",
        f"{draw.uniform(-90, 90):.14f},{draw.uniform(-180, 180):.14f}",
        f"{number(1, 999)},{number(100, 999)},{number(100, 999)}.{number(10, 99)}",
        f"{number(1, 999)}.{number(100, 999)}.{number(100, 999)},{number(10, 99)} €",
        f"{number(1, 999)} {number(100, 999)} {number(100, 999)} kr",
        f"{number(1, 999)} {number(100, 999)},{number(10, 99)} zł",
        f"USD {number(1, 99999)}.{number(10, 99)}",
        f"€{number(1, 999)}.{number(10, 99)} – €{number(1000, 9999)}.00",
        f"+{number(1, 99999)} (+{draw.random() * 10:.2f}%)",
        f"-{number(1, 99999)}.{number(100, 999)}",
        f"{draw.random():.3e}",
        " ".join(str(number(1, 5)) for _ in range(20)),
        ", ".join(str(number(1, 50)) for _ in range(6)),
        "[" + ",".join(f"{draw.uniform(0, 5):.2f}" for _ in range(5)) + "]",
        f"{number(100, 300)}-{number(1000, 9000)} units",
        f"pages {number(100, 300)}-{number(301, 999)}",
        f"{number(0, 6)}:{number(0, 6)}, {number(0, 6)}:{number(0, 6)}, 6:4",
        f"room {number(1, 9)}.{number(100, 999)}, floor {number(1, 9)}",
        f"Section {_version(draw, 3)}, §{number(1, 999)} Abs. {number(1, 9)}",
        " ".join(f"{trait}={draw.uniform(1, 5):.1f}" for trait in "OCEAN"),
        f"{number(10**15, 10**16)}",
        f"{number(1, 99)}/{number(100, 999)} ({draw.random() * 100:.1f} %)",
    ]


def _documents(draw: Draw) -> list[str]:
    """Attributes as events of the demo and of vendors have them."""
    documents: list[dict[str, object]] = [
        {"platform": "web", "app_version": _version(draw, 3), "country": "TW", "module": "events", "organization_id": "shibuya-studio"},
        {
            "platform": "ios",
            "appVersion": _version(draw, 3),
            "locale": "de-AT",
            "screen": f"{draw.randint(320, 1290)}x{draw.randint(480, 2796)}",
        },
        {"billing_cycle_anchor": int(_moment(draw).timestamp()), "collection_method": "charge_automatically", "latest_invoice": None},
        {"number": f"{draw.randint(0, 999999):06d}-{draw.randint(0, 999999):06d}", "paid": True, "subtotal": draw.randint(100, 99999)},
        {
            "price": f"price_clausewise_{draw.randint(1, 9)}_month_eur",
            "unit_amount_decimal": _digits(draw, 4),
            "recurring": {"interval": "month"},
        },
        {"experiment": "checkout-b", "bucket": draw.randint(0, 99), "score": draw.random(), "weights": [draw.random() for _ in range(3)]},
        {"tournament": f"tour-{draw.randint(0, 99999):05d}", "entry": f"entry-{draw.randint(0, 99999):05d}-{draw.randint(0, 9999999):07d}"},
        {
            "model": "clause-reader",
            "tokens": draw.randint(10, 9000),
            "latency_ms": draw.random() * 1000,
            "finish": "stop",
            "temperature": 0.7,
        },
        {
            "utm": {"source": "newsletter", "campaign": f"{_moment(draw):%Y-%m}-spring", "id": _digits(draw, 12)},
            "referrer": "https://example.com/",
        },
        {"ts": int(_moment(draw).timestamp() * 1000), "seq": draw.randint(1, 10**6), "build": _hex(draw, 9), "ok": True},
        {"sku": f"TS-{_digits(draw, 5)}-XL", "qty": draw.randint(1, 9), "ean": _digits(draw, 13), "weight_kg": draw.random() * 20},
        {"error": "E_CONN_RESET", "stack": "at run (app.js:12:34)\n  at main (app.js:56:7)", "count": draw.randint(1, 99)},
        {"answers": [draw.randint(1, 5) for _ in range(44)], "duration_seconds": draw.randint(100, 3000)},
        {"period": {"start": int(_moment(draw).timestamp()), "end": int(_moment(draw).timestamp())}, "livemode": True, "metadata": {}},
        {"geo": {"country": "SE", "tz": "Europe/Stockholm"}, "viewport": [draw.randint(300, 2000), draw.randint(300, 2000)]},
    ]
    return [json.dumps(document, separators=(",", ":")) for document in documents]


_SENTENCES = (
    *(
        "The clause was reviewed by two models and both agreed within four points.",
        "Your order is on its way and arrives in 3-5 business days.",
    ),
    *(
        "Meet us at the corner at 10.",
        "Look at example 3, then dot the i.",
        "Call 3 of 7 failed; call the function again.",
        "Mobile users grew by 1200 to 34500.",
    ),
    *(
        "The room at the top is booked from 2 to 4 on 12 May 2026.",
        "Plan B costs 19.99 per month, billed yearly at 199.00.",
        "We tested 10 to 12 variants, 5 of them twice.",
    ),
    *(
        "Das Passwort muss mindestens 12 Zeichen haben, davon 2 Ziffern.",
        "Die Prüfung nach §§ 305 bis 310 BGB dauert 14 Tage.",
        "Nie wieder 3 Formulare ausfüllen!",
    ),
    *("Der Vertrag endet am 31.12.2026 um 24:00 Uhr, Kündigungsfrist 3 Monate.", "Abschnitt 4.2.1 regelt die Haftung bis 1.000.000 Euro."),
    *(
        "Le délai est de 30 jours à compter du 01/03/2026.",
        "La carte du jour : 12,50 € le midi, 18,90 € le soir.",
        "Il y a 1 234 567 raisons d'essayer.",
    ),
    *("El plazo vence el 15-08-2026 a las 23:59.", "La carta tiene 25 platos y 12 postres.", "Son 1.234.567 usuarios en 12 países."),
    *(
        "La milonga comincia alle 21:30 e finisce alle 02:00.",
        "Il codice sconto vale 10 giorni e 3 acquisti.",
        "Costa 1.299,00 euro, 24 rate da 54,13.",
    ),
    *(
        "De bijeenkomst is op 12-03-2026 van 19:30 tot 22:00.",
        "Kaarten kosten 12,50 per stuk of 100 voor 10 stuks.",
        "O prazo é de 15 dias úteis a partir de 02/04/2026.",
    ),
    *(
        "Kortet gäller i 12 månader och kostar 1 295 kr.",
        "Kurssi alkaa 3.9.2026 kello 18.15 salissa 204.",
        "Kurs trwa 8 tygodni i kosztuje 1 250,00 zł.",
        "Nie ma 12 sztuk w magazynie 345.",
    ),
    *(
        "Обновление 4.12.7 выйдет 15.06.2026 в 12:00.",
        "Цена 12 990 ₽, скидка 15 %.",
        "Το σεμινάριο ξεκινά στις 12/10/2026 στις 18:30.",
        "El 12 de maig, a les 10.30 h, sala 2·3.",
    ),
    *(
        "大会は2026年3月1日10時30分に始まります。",
        "参加費は3,500円、定員は120名です。",
        "第12回 東京ミロンガ 2026-05-04 19:00",
        "课程从2026年3月1日开始,共12节,每节90分钟。",
        "价格:¥1,299.00,限购3件。",
    ),
    *(
        "수업은 2026년 3월 1일 오후 7시 30분에 시작합니다.",
        "가격은 129,000원이며 12개월 할부입니다.",
        "งานเริ่มวันที่ 1 มีนาคม 2569 เวลา 19.30 น.",
        "Khoá học kéo dài 12 tuần, giá 1.250.000 đ.",
    ),
    *(
        "يبدأ الدرس يوم ١٢ مارس ٢٠٢٦ الساعة ١٩:٣٠.",
        "السعر ١٬٢٩٩ ريال لمدة ١٢ شهرًا.",
        "השיעור מתחיל ב-12.03.2026 בשעה 19:30.",
        "कक्षा १२ मार्च २०२६ को ७:३० बजे शुरू होगी।",
        "क़ीमत ₹1,299.00, 12 महीने।",
    ),
    *(
        "Etkinlik 12.03.2026 saat 19.30'da başlıyor.",
        "Fiyat 1.299,00 TL, 3 taksit.",
        "Bodnár utca helyett a 12. terem, 18:30-kor.",
        "Cena je 1 299 Kč, platí do 31. 12. 2026.",
    ),
)
_PRODUCTS = (
    "Starter",
    "Pro Plan",
    "Konzern",
    "Family pass",
    "Grand Milonga",
    "Kyoto Milonga",
    "Tokyo Encuentro",
    "Clause reader",
    "プロ",
    "Тариф Бизнес",
    "Équipe",
    "Año Nuevo",
)
_CODE = (
    *(
        "@app.route('/items/<int:id>')",
        "select * from orders where id = {0} and created_at > '2026-03-01'",
        "git checkout -b fix/{0}-timeout",
        "@Override public int size() {{ return {0}; }}",
    ),
    *(
        "for i in range({0}): total += values[i] * 0.{0}",
        "if (x >= {0} && y < {0}) return a[i]::b;",
        "^\\d{{{0}}}-[A-Z]+$",
        "docker run -p {0}:80 -e KEY=value image:1.{0}",
        "chmod 0644 file{0}.txt",
    ),
    *(
        "border: 1px solid #a{0}; margin: 0 auto -{0}px; @media (min-width: {0}px)",
        "npm i -D @types/node@{0}.4.2 typescript@5.{0}.3",
        "x = 0x{0}ff | 0b1010 | 0o{0}",
        "import {{ a as b }} from '../lib/v{0}/index.js'",
    ),
    *(
        "https://example.com/@handle/post-{0}",
        "thanks @handle for issue #{0}",
        '<div class="col-{0}">&nbsp;&lt;{0}&gt;&amp;</div>',
        "curl -H 'Accept: */*' localhost:{0}/metrics",
        "C:\\temp\\x{0}\\u.log",
        "awk '{{print ${0}}}'",
    ),
)


def _words(draw: Draw) -> list[str]:
    return [
        *draw.sample(_SENTENCES, 14),
        *(f"{name} {draw.randint(1, 99)}" for name in draw.sample(_PRODUCTS, 4)),
        *(line.format(draw.randint(1, 999)) for line in draw.sample(_CODE, 9)),
    ]


KINDS: dict[str, Callable[[Draw], list[str]]] = {
    "order numbers": _orders,
    "catalogues": _catalogue,
    "ids and hashes": _identifiers,
    "dates and times": _times,
    "versions": _versions,
    "clients, URLs and paths": _clients,
    "log lines": _logs,
    "numbers and amounts": _numbers,
    "JSON of events": _documents,
    "sentences and code": _words,
}
_ROUNDS = 25


def negatives() -> list[tuple[str, str]]:
    """Kind and text, the same in every run; no text twice."""
    draw = random.Random(12)
    texts = {text: kind for kind, make in KINDS.items() for _ in range(_ROUNDS) for text in make(draw)}
    return [(kind, text) for text, kind in texts.items()]
