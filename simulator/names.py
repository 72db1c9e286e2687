"""Names of persons and firms, composed of parts: of many tongues, and of nobody in particular."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl


@dataclass(frozen=True)
class Tongue:
    """Given names by gender, and the two halves of which family names are made."""

    share: float
    country: str
    men: tuple[str, ...]
    women: tuple[str, ...]
    heads: tuple[str, ...]
    tails: tuple[str, ...]
    women_tails: tuple[str, ...] = ()


def words(text: str) -> tuple[str, ...]:
    """The words of ``text``."""
    return tuple(text.split())


TONGUES: tuple[Tongue, ...] = (
    Tongue(
        0.46,
        "US",
        words(
            "Adam Blake Caleb Dale Evan Felix Grant Hugo Ivan Jasper Keith Liam Miles Noah Owen Perry Reed Seth Todd"
        ),
        words("Alice Bella Cora Daisy Edith Faye Grace Hazel Iris Joan Kate Lena Mabel Nora Opal Pearl Rose Tess Vera"),
        words(
            "Ash Black Bright Clear Dun Elm Fair Fern Gold Hart Hazel King Lang Marsh North Oak Pen Red Stan Thorn West"
        ),
        words("brook bury by croft dale field ford gate ham land ley more ridge shaw stead ton wick wood worth"),
    ),
    Tongue(
        0.18,
        "MX",
        words("Álvaro Benicio César Damián Efraín Fabián Gonzalo Héctor Íñigo Joaquín León Martín Óscar Raúl Tomás"),
        words("Abril Beatriz Citlali Dalia Elena Fátima Inés Jimena Lucía Mónica Noemí Paloma Rocío Sofía Ximena"),
        words(
            "Alva Bena Cal Casta Dela Esca Fonte Gala Hino Lade Mira Monte Oli Pala Quin Roble Sala Torre Villa Zara"
        ),
        words("ñeda dríz gutez jandro lejos llanos mares mera mora ñez pardo quero rroyo seda tierra vera zuela"),
    ),
    Tongue(
        0.09,
        "DE",
        words("Anders Björn Dieter Emil Franz Günter Henrik Jörg Karl Lars Nils Olaf Sören Ulrich"),
        words("Åsa Birgit Dörte Elke Frieda Greta Heike Ingrid Käthe Lotte Maren Sigrid Tove Ute"),
        words("Berg Birken Eichen Falken Grün Holm König Linden Mühl Öster Rosen Schön Stein Stör Süd Wald"),
        words("acker bach baum berg beck dahl feld gård hof holt mann mark stedt ström thal"),
    ),
    Tongue(
        0.09,
        "IN",
        words("Aarav Bhavesh Chetan Dinesh Eshan Farhan Gopal Harish Ishaan Jatin Kiran Lalit Mohan Nikhil"),
        words("Aditi Bhavna Charu Diya Esha Farida Gauri Hema Isha Jyoti Kavya Lata Meera Nisha"),
        words("Ananda Bhara Chandra Dharma Gana Indra Jaya Kama Loka Mani Nara Padma Raja Surya Vira"),
        words("deep dhan karan kumar lal mani nath pal prasad raj sen shekhar varman vir"),
    ),
    Tongue(
        0.06,
        "CN",
        words("Bo-Wen Chao-Ming De-Hua Guo-Liang Hai-Feng Jian-Yu Kai-Le Long-Wei Ming-Tao Shan-Ru Wei-Dong Zhi-Yuan"),
        words("Ai-Ling Bao-Zhen Chun-Mei Fang-Yi Hui-Min Jia-Li Lan-Xin Mei-Hua Ning-Er Qiu-Yue Xiao-Yan Ying-Yue"),
        words("Bai Chen Deng Fang Gao Hong Jin Lin Meng Ning Qiao Rong Shan Tang Wen Xiao Yan Zhuo"),
        words("bao chang dan fei guan huai jun kang lei mei nan peng"),
    ),
    Tongue(
        0.04,
        "VN",
        words("Bảo Đức Giang Hải Khánh Lâm Minh Phúc Quốc Sơn Thắng Việt"),
        words("Ánh Bích Diễm Hạnh Hương Liên Mai Ngọc Phượng Thảo Tuyết Yến"),
        words("Bùi Đặng Đinh Dương Hồ Lý Ngô Tạ Trịnh Võ Vương"),
        (" Văn", " Đình", " Hữu", " Quang", " Xuân", " Thanh"),
    ),
    Tongue(
        0.04,
        "PL",
        words("Bogdan Czesław Dorian Grzegorz Jacek Łukasz Miłosz Paweł Radek Stanisław Wojciech Zbigniew"),
        words("Agnieszka Bożena Danuta Elżbieta Grażyna Halina Jadwiga Krystyna Małgorzata Róża Żaneta"),
        words("Biał Ciem Dąbr Gór Jabł Klon Lipn Mał Olsz Pias Sosn Wilcz Zieleń"),
        words("czyk ecki eniec iński kowiak nicki owicz"),
    ),
    Tongue(
        0.03,
        "NG",
        words("Adébáyọ̀ Chidi Dayo Emeka Femi Ìdòwú Kelechi Olú Sègun Tùndé"),
        words("Adaeze Bísí Chioma Ebele Fúnkẹ́ Ìfẹ́ Ngozi Olábísí Títí Zainab"),
        words("Ade Aki Ayo Chi Eze Ife Iwu Nna Obi Oke Olu Ugo"),
        words("bola chukwu dele femi kunle lade nye remi sanya wale yemi"),
    ),
    Tongue(
        0.01,
        "BG",
        words("Борис Васил Георги Добромир Живко Камен Любен Огнян Румен Тодор"),
        words("Ася Биляна Весела Гергана Златка Ирина Калина Милена Росица Цветана"),
        words("Бор Вълк Горан Драг Звезд Камен Медвед Орл Ряз Слав"),
        words("ев енков инов ишев ов чев"),
        words("ева енкова инова ишева ова чева"),
    ),
)
MEN, WOMEN = "M", "F"
FIRM_HEADS = words(
    "Amberline Bluestem Cedarpoint Driftwood Eastgate Fernhollow Granite Harborlight Ironbark Juniper Kestrel Larkspur"
    " Millrace Northwind Orchard Pinecrest Quarry Riverbend Silverleaf Tidewater Umber Valley Westfall Yarrow Zephyr"
)
FIRM_TAILS: dict[str, tuple[str, ...]] = {
    "small": words(
        "Bakery Barbers Cafe Cleaners Deli Florist Garage Grocers Hardware Laundry Market Nails Pizza Salon Tacos"
    ),
    "large": words(
        "Analytics Components Construction Engineering Foods Freight Instruments Logistics Materials Medical Power"
    ),
    "holding": words("Capital Estates Group Holdings Partners Trust Ventures"),
    "charity": words("Foundation Kitchen Mission Relief Shelter"),
}


def persons(rng: np.random.Generator, count: int, family: np.ndarray | None = None) -> pl.DataFrame:
    """``count`` natural persons: first_name, last_name, name, gender (M or F), tongue (index), country of the tongue.

    ``family`` (int64, shape (count,), -1 for none) names an earlier row whose tongue and family name a person shares.
    """
    tongue = rng.choice(len(TONGUES), size=count, p=np.array([t.share for t in TONGUES]))
    if family is not None:
        tongue = np.where(family >= 0, tongue[family], tongue)
    woman = rng.random(count) < 0.5
    draws = rng.integers(0, 1 << 30, size=(3, count))
    if family is not None:
        draws[1:] = np.where(family >= 0, draws[1:][:, family], draws[1:])
    first = np.empty(count, dtype=object)
    last = np.empty(count, dtype=object)
    for index, words in enumerate(TONGUES):
        for is_woman, given, tails in (
            (False, words.men, words.tails),
            (True, words.women, words.women_tails or words.tails),
        ):
            rows = np.flatnonzero((tongue == index) & (woman == is_woman))
            first[rows] = np.array(given, dtype=object)[draws[0, rows] % len(given)]
            heads = np.array(words.heads, dtype=object)[draws[1, rows] % len(words.heads)]
            last[rows] = heads + np.array(tails, dtype=object)[draws[2, rows] % len(tails)]
    return pl.DataFrame(
        {
            "first_name": pl.Series(first.tolist(), dtype=pl.String),
            "last_name": pl.Series(last.tolist(), dtype=pl.String),
            "gender": pl.Series(np.where(woman, WOMEN, MEN).tolist(), dtype=pl.String),
            "tongue": tongue.astype(np.int64),
            "country": pl.Series([TONGUES[i].country for i in tongue], dtype=pl.String),
        }
    ).with_columns(name=pl.concat_str("first_name", pl.lit(" "), "last_name"))


def firms(rng: np.random.Generator, count: int, kind: str) -> pl.Series:
    """``count`` names of firms of one kind (a key of ``FIRM_TAILS``), numbered apart where a name comes twice."""
    heads = np.array(FIRM_HEADS, dtype=object)[rng.integers(0, len(FIRM_HEADS), count)]
    tails = FIRM_TAILS[kind]
    names = pl.Series(
        "name",
        (heads + " " + np.array(tails, dtype=object)[rng.integers(0, len(tails), count)]).tolist(),
        dtype=pl.String,
    )
    frame = pl.DataFrame({"name": names}).with_columns(nth=pl.int_range(pl.len()).over("name") + 1)
    return frame.select(
        pl.when(pl.col("nth") > 1).then(pl.concat_str("name", pl.lit(" "), "nth")).otherwise("name").alias("name")
    ).to_series()
