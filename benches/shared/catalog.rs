//! A catalog of any size: one product goes through the whole procedure, the others are copies of its rows with names, places, groups,
//! stars and prices of their own. The same numbers make the same catalog.

use ocop_catalog::{
    domain::{collation, feed, fold, id::ListingId, product::ProductGroup},
    service::{Service, search},
};
use sea_orm::{ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, DatabaseTransaction, Statement, TransactionTrait, Value};
use uuid::Uuid;

use crate::harness::bulk;

/// How many of what; a product has two listings and two pictures.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) producers: usize,
    pub(crate) products: usize,
}

const GROUPS: [ProductGroup; 4] = [ProductGroup::Food, ProductGroup::Drink, ProductGroup::Herbal, ProductGroup::Handicraft];
const GOODS: [&str; 16] = [
    "Mật ong bạc hà",
    "Chè Shan tuyết",
    "Cam sành",
    "Thịt lợn gác bếp",
    "Lạp xưởng",
    "Gạo nếp Khẩu Mang",
    "Vải lanh thổ cẩm",
    "Rượu ngô men lá",
    "Bánh tam giác mạch",
    "Dầu lạc",
    "Miến dong",
    "Cá bống suối",
    "Măng khô",
    "Tinh bột nghệ",
    "Gà đen",
    "Hồng không hạt",
];
const KINDS: [&str; 7] = ["thượng hạng", "đặc biệt", "hữu cơ", "truyền thống", "sấy lạnh", "nguyên chất", "loại một"];
const PEOPLE: [&str; 9] = [
    "Hợp tác xã Nà Hang",
    "HTX Đồng Văn",
    "Tổ hợp tác Lũng Cú",
    "Cơ sở Mèo Vạc",
    "HTX Quản Bạ",
    "HTX Yên Minh",
    "Công ty Bắc Mê",
    "HTX Xín Mần",
    "HTX Vị Xuyên",
];

/// A table, its columns, and the value and name of the key of the row that is copied.
struct Model {
    table: &'static str,
    columns: Vec<String>,
    key: (&'static str, Value),
}

struct Copier {
    backend: DatabaseBackend,
    models: Vec<Model>,
    places: Vec<String>,
}

struct Maker {
    id: Uuid,
    name: String,
    commune: String,
}

/// Fills an empty catalog; returns the listings that were made.
pub(crate) async fn make(service: &Service, url: &str, size: Size, pictures: &str) -> Vec<ListingId> {
    bulk::publish_variants(service, (1, 1), pictures).await;
    let database = Database::connect(url).await.expect("connects");
    let copier = Copier::read(&database).await;
    let communes = texts(&database, "SELECT code FROM admin_unit WHERE era = 'from_2025_07_01' AND level = 'COMMUNE' ORDER BY code").await;
    assert!(!communes.is_empty() && !copier.places.is_empty(), "there is reference data, and the listing was announced");
    let tx = database.begin().await.expect("begins");
    let (mut listings, mut maker) = (Vec::with_capacity(size.products * 2), None);
    let each = size.products.div_ceil(size.producers);
    for number in 0..size.products {
        if number % each == 0 {
            maker = Some(copier.producer(&tx, number / each, &communes[(number / each * 7) % communes.len()]).await);
        }
        listings.extend(copier.product(&tx, number, maker.as_ref().expect("a producer")).await);
    }
    tx.commit().await.expect("commits");
    // The texts that are searched are written by the program itself.
    database.execute_unprepared("DELETE FROM setting WHERE name LIKE 'search_texts_%'").await.expect("forgets");
    search::reword(service).await.expect("writes the texts");
    database.execute_unprepared("ANALYZE").await.expect("refreshes the statistics");
    listings
}

async fn texts(database: &DatabaseConnection, query: &str) -> Vec<String> {
    let rows = database.query_all_raw(Statement::from_string(database.get_database_backend(), query)).await.expect("reads");
    rows.iter().map(|row| row.try_get_by_index(0).expect("a text")).collect()
}

/// An id that says what it is of: the same catalog every time.
fn id(kind: u64, number: usize) -> Uuid {
    Uuid::from_u64_pair(0x0190_0000_0000_7000 | kind << 24, 0x8000_0000_0000_0000 | number as u64)
}

impl Copier {
    async fn read(database: &DatabaseConnection) -> Self {
        let backend = database.get_database_backend();
        let mut models = Vec::new();
        for table in ["producer", "product", "variant", "media", "dossier", "rating", "listing", "listing_change"] {
            let row = database.query_one_raw(Statement::from_string(backend, format!("SELECT * FROM {table} LIMIT 1")));
            let row = row.await.expect("reads").expect("a row");
            let key = match table {
                "listing_change" => ("seq", row.try_get::<i64>("", "seq").expect("a number").into()),
                _ => ("id", row.try_get::<Uuid>("", "id").expect("an id").into()),
            };
            models.push(Model { table, columns: row.column_names(), key });
        }
        Self { backend, models, places: texts(database, "SELECT part FROM announced_in").await }
    }

    /// Copies a row with other values in some columns.
    async fn copy(&self, tx: &DatabaseTransaction, table: &str, with: Vec<(&str, Value)>) {
        let model = self.models.iter().find(|model| model.table == table).expect("a table that was read");
        let mark = |at: usize| if self.backend == DatabaseBackend::Postgres { format!("${}", at + 1) } else { format!("?{}", at + 1) };
        let given = |column: &String| with.iter().position(|(name, _)| name == column).map_or_else(|| column.clone(), mark);
        let chosen: Vec<_> = model.columns.iter().map(given).collect();
        let (columns, chosen) = (model.columns.join(","), chosen.join(","));
        let text = format!("INSERT INTO {table} ({columns}) SELECT {chosen} FROM {table} WHERE {} = {}", model.key.0, mark(with.len()));
        let values = with.into_iter().map(|(_, value)| value).chain([model.key.1.clone()]);
        let done = tx.execute_raw(Statement::from_sql_and_values(self.backend, text, values)).await.expect("copies");
        assert_eq!(done.rows_affected(), 1, "{table}");
    }

    async fn producer(&self, tx: &DatabaseTransaction, number: usize, commune: &str) -> Maker {
        let name = format!("{} {}", PEOPLE[number % PEOPLE.len()], number + 1);
        let values = vec![
            ("id", id(1, number).into()),
            ("slug", fold::slug(&name).into()),
            ("legal_name", name.clone().into()),
            ("display_name", name.clone().into()),
            ("commune_code", commune.into()),
            ("search_text", format!(" {} ", fold::fold(&name)).into()),
            ("sort_name", collation::sort_key(&name).into()),
        ];
        self.copy(tx, "producer", values).await;
        Maker { id: id(1, number), name, commune: commune.to_owned() }
    }

    async fn product(&self, tx: &DatabaseTransaction, number: usize, maker: &Maker) -> Vec<ListingId> {
        let name = format!("{} {} số {}", GOODS[number % GOODS.len()], KINDS[number % KINDS.len()], number + 1);
        let group = GROUPS[number % GROUPS.len()];
        let product = id(2, number);
        let described = |mut values: Vec<(&'static str, Value)>| {
            values.push(("producer_id", maker.id.into()));
            values.push(("product_group", group.code().into()));
            values.push(("commune_code", maker.commune.clone().into()));
            values.push(("sort_name", collation::sort_key(&name).into()));
            values
        };
        let values = vec![("id", product.into()), ("slug", fold::slug(&name).into()), ("name_vi", name.clone().into())];
        self.copy(tx, "product", described(values)).await;
        for position in 0..2 {
            let url = format!("https://anh.example.vn/{number}-{position}.jpg");
            let values = vec![
                ("id", id(3, number * 2 + position).into()),
                ("product_id", product.into()),
                ("url", url.into()),
                ("position", i32::try_from(position).unwrap_or_default().into()),
            ];
            self.copy(tx, "media", values).await;
        }
        let stars = self.rating(tx, number, (product, maker)).await;
        let mut made = Vec::new();
        for which in 0..2 {
            let (one, price) = (number * 2 + which, 20_000 + i64::try_from(number * 37 % 5_000).unwrap_or_default() * 100);
            let (listing, variant) = (id(6, one), id(7, one));
            let values = vec![
                ("id", variant.into()),
                ("product_id", product.into()),
                ("producer_id", maker.id.into()),
                ("sku", format!("B{one}").into()),
                ("position", i32::try_from(which).unwrap_or_default().into()),
            ];
            self.copy(tx, "variant", values).await;
            let title = format!("{name} gói {}", which + 1);
            let values = vec![
                ("id", listing.into()),
                ("external_key", format!("b{one}").into()),
                ("slug", fold::slug(&title).into()),
                ("product_id", product.into()),
                ("variant_id", variant.into()),
                ("title_vi", title.into()),
                ("price", (price * (which as i64 + 1)).into()),
                ("stars", stars.into()),
                ("created_at", (1_790_000_000_000_000_i64 + i64::try_from(one).unwrap_or_default() * 1_000_000).into()),
            ];
            self.copy(tx, "listing", described(values)).await;
            self.announce(tx, one, (listing, group, &maker.commune)).await;
            made.push(ListingId(listing));
        }
        made
    }

    async fn rating(&self, tx: &DatabaseTransaction, number: usize, (product, maker): (Uuid, &Maker)) -> i32 {
        let (dossier, stars) = (id(4, number), 3 + i32::try_from(number % 3).unwrap_or_default());
        let owner = |mut values: Vec<(&'static str, Value)>| {
            values.push(("product_id", product.into()));
            values.push(("producer_id", maker.id.into()));
            values
        };
        self.copy(tx, "dossier", owner(vec![("id", dossier.into())])).await;
        let certificate = format!("B-{}", number + 1);
        let values = vec![
            ("id", id(5, number).into()),
            ("dossier_id", dossier.into()),
            ("stars", stars.into()),
            ("certificate_number", certificate.into()),
        ];
        self.copy(tx, "rating", owner(values)).await;
        stars
    }

    async fn announce(&self, tx: &DatabaseTransaction, one: usize, (listing, group, commune): (Uuid, ProductGroup, &str)) {
        let seq = i64::try_from(one).unwrap_or_default() + 1_000;
        self.copy(tx, "listing_change", vec![("seq", seq.into()), ("listing_id", listing.into())]).await;
        for part in feed::places(Some(group), Some(commune)) {
            let text = match self.backend {
                DatabaseBackend::Postgres => "INSERT INTO announced_in (part, listing_id) VALUES ($1, $2)",
                _ => "INSERT INTO announced_in (part, listing_id) VALUES (?1, ?2)",
            };
            let statement = Statement::from_sql_and_values(self.backend, text, [part.into(), listing.into()]);
            tx.execute_raw(statement).await.expect("announces");
        }
    }
}
