"""Small taxonomies for the tests of mixes, by hand and by hypothesis."""

from hypothesis import strategies as st

from simula.taxonomy import Exclusion, Node, Strategy, Taxonomies, Taxonomy, TaxonomySettings

SETTINGS = [
    TaxonomySettings(levels="top"),
    TaxonomySettings(node_distribution="uniform_level"),
    TaxonomySettings(node_distribution="uniform_node"),
]


def tree(factor: str, shape: dict[str, tuple[str, ...]], **more: bool) -> Taxonomy:
    """Top-level names to the names below them."""
    children = tuple(
        Node(name=name, description=f"about {name}", children=tuple(Node(name=below) for below in names))
        for name, names in shape.items()
    )
    return Taxonomy(factor=factor, children=children, **more)


AUDIENCE = tree("audience", {"children": (), "adults": ("students", "parents")})
TOPIC = tree("topic", {"war": ("civil war", "siege"), "pets": ("cats",), "food": ()})
FORM = tree("form", {"poem": (), "letter": ("postcard",)})
TREES = (AUDIENCE, TOPIC, FORM)


def excluding(*excluded: dict[str, tuple[str, ...]], weight: float = 1) -> Strategy:
    """All three factors but for these combinations."""
    return Strategy(
        factors=("audience", "topic", "form"), weight=weight, excluded=tuple(map(Exclusion, excluded))
    )


@st.composite
def exclusions(draw: st.DrawFn, factors: tuple[str, ...]) -> Exclusion:
    named = draw(st.lists(st.sampled_from(factors), min_size=2, max_size=len(factors), unique=True))
    paths = {tree.factor: [path for path, _ in tree.nodes] for tree in TREES}
    return Exclusion({factor: draw(st.sampled_from(paths[factor])) for factor in named})


@st.composite
def strategies(draw: st.DrawFn, most: int = 6) -> Strategy:
    names = [tree.factor for tree in TREES]
    factors = tuple(draw(st.lists(st.sampled_from(names), min_size=2, max_size=3, unique=True)))
    excluded = draw(st.lists(exclusions(factors), max_size=most))
    weight = draw(st.floats(0.1, 10))
    return Strategy(factors=factors, weight=weight, excluded=tuple(excluded))


def taxonomies(*strategies: Strategy) -> Taxonomies:
    return Taxonomies(taxonomies=TREES, strategies=strategies)
